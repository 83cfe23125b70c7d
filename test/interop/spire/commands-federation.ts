/** Commands about bundles of other trust domains, and from where they are had. Typed after the entries of commands.ts. */
import type { ForeignFiles } from './foreign-files.ts';
import { both, ID, type Step, words } from './step.ts';

/** Nobody answers there, at once: what a server does by itself meanwhile comes to nothing. */
const NOWHERE = 'https://127.0.0.1:1';
const federated = (id: string, rest: string): Step =>
  words(
    `entry create -entryID ${id} -parentID ${ID}/parent -spiffeID ${ID}/${id} -selector unix:uid:1 ${rest}`,
  );

const bundles: readonly Step[] = [
  ...both('bundle list'),
  ...both('bundle count'),
  ...both('bundle set -id one.test -path one.pem'),
  words('bundle set -id spiffe://two.test -path two.json -format spiffe'),
  words('bundle set -id two.test -path two.json -format SPIFFE -output json'),
  { ...words('bundle set -id three.test'), input: ({ pem }) => pem },
  { ...words('bundle set -id three.test -format spiffe'), input: ({ json }) => json },
  ...both('bundle list'),
  words('bundle list -format spiffe'),
  words('bundle list -format nonsense'),
  ...both('bundle list -id two.test'),
  words('bundle list -id two.test -format pem'),
  words('bundle list -id spiffe://two.test -format spiffe'),
  words('bundle list -id nobody.test'),
  words('bundle list -id nobody.test -output json'),
  words('bundle list -id example.org'),
  words('bundle list -id Not-A-Name!'),
  ...both('bundle count'),
  words('bundle set -path one.pem'),
  words('bundle set -id four.test -path missing.pem'),
  words('bundle set -id four.test -path two.json'),
  words('bundle set -id four.test -path one.pem -format spiffe'),
  words('bundle set -id four.test -path one.pem -format nonsense'),
  words('bundle set -id Not-A-Name! -path one.pem'),
  words('bundle set -id example.org -path one.pem'),
  words('bundle set -id example.org -path one.pem -output json'),
  { ...words('bundle set -id four.test'), input: '' },
];

const modes: readonly Step[] = [
  federated('kept', '-federatesWith spiffe://one.test -federatesWith spiffe://two.test'),
  federated('json', '-federatesWith one.test -output json'),
  federated('lost', '-federatesWith spiffe://three.test'),
  words('entry show -federatesWith spiffe://one.test'),
  words(
    'entry show -federatesWith spiffe://one.test -federatesWith spiffe://two.test -matchFederatesWithOn exact',
  ),
  words(
    'entry show -federatesWith spiffe://one.test -federatesWith spiffe://two.test -matchFederatesWithOn subset',
  ),
  words('entry count -federatesWith spiffe://one.test -matchFederatesWithOn any'),
  ...both('bundle delete -id one.test'),
  words('bundle delete -id one.test -mode restrict'),
  words('bundle delete -id one.test -mode nonsense'),
  words('bundle delete'),
  ...both('bundle delete -id nobody.test'),
  words('bundle delete -id example.org'),
  words('bundle delete -id Not-A-Name!'),
  words('bundle delete -id one.test -mode dissociate'),
  words('bundle delete -id spiffe://two.test -mode dissociate -output json'),
  words('entry show -entryID kept'),
  words('bundle delete -id three.test -mode delete'),
  words('entry show -entryID lost'),
  words('bundle list'),
  words('bundle count'),
];

const WEB = `-bundleEndpointURL ${NOWHERE}/web -bundleEndpointProfile https_web`;
const SPIFFE = `-bundleEndpointURL ${NOWHERE}/spiffe -bundleEndpointProfile https_spiffe`;

const file =
  (trustDomain: string) =>
  ({ pem, json }: ForeignFiles): string =>
    JSON.stringify({
      federationRelationships: [
        {
          trustDomain: `${trustDomain}1.test`,
          bundleEndpointURL: `${NOWHERE}/1`,
          bundleEndpointProfile: 'https_spiffe',
          endpointSPIFFEID: `spiffe://${trustDomain}1.test/endpoint`,
          trustDomainBundle: pem,
          trustDomainBundleFormat: 'pem',
        },
        {
          trustDomain: `${trustDomain}2.test`,
          bundleEndpointURL: `${NOWHERE}/2`,
          bundleEndpointProfile: 'https_web',
          trustDomainBundle: JSON.parse(json) as unknown,
          trustDomainBundleFormat: 'spiffe',
        },
        {
          trustDomain: 'example.org',
          bundleEndpointURL: `${NOWHERE}/3`,
          bundleEndpointProfile: 'https_web',
        },
      ],
    });

const item = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    federationRelationships: [
      {
        trustDomain: 'item.test',
        bundleEndpointURL: `${NOWHERE}/item`,
        bundleEndpointProfile: 'https_web',
        ...fields,
      },
    ],
  });

const created: readonly Step[] = [
  ...both('federation list'),
  words(`federation create -trustDomain web.test ${WEB}`),
  words(`federation create -trustDomain webjson.test ${WEB} -output json`),
  words(`federation create -trustDomain sp.test ${SPIFFE} -endpointSpiffeID spiffe://sp.test/endpoint`),
  words(
    `federation create -trustDomain other.test ${SPIFFE} -endpointSpiffeID spiffe://web.test/endpoint -output json`,
  ),
  words(
    `federation create -trustDomain pem.test ${WEB} -trustDomainBundlePath one.pem -trustDomainBundleFormat pem`,
  ),
  words(
    `federation create -trustDomain jwks.test ${SPIFFE} -endpointSpiffeID spiffe://jwks.test/endpoint -trustDomainBundlePath two.json -trustDomainBundleFormat spiffe -output json`,
  ),
  ...both(`federation create -trustDomain example.org ${WEB}`),
  ...both(`federation create -trustDomain web.test ${WEB}`),
  words(`federation create -trustDomain Not-A-Name! ${WEB}`),
  words(`federation create ${WEB}`),
  words('federation create -trustDomain x.test -bundleEndpointProfile https_web'),
  words(`federation create -trustDomain x.test -bundleEndpointURL ${NOWHERE}/x`),
  words(
    `federation create -trustDomain x.test -bundleEndpointURL ${NOWHERE}/x -bundleEndpointProfile nonsense`,
  ),
  words(
    'federation create -trustDomain x.test -bundleEndpointURL http://x.test -bundleEndpointProfile https_web',
  ),
  words(
    'federation create -trustDomain x.test -bundleEndpointURL https:///x -bundleEndpointProfile https_web',
  ),
  words(
    'federation create -trustDomain x.test -bundleEndpointURL https://a:b@x.test -bundleEndpointProfile https_web',
  ),
  words(`federation create -trustDomain x.test ${SPIFFE}`),
  words(`federation create -trustDomain x.test ${SPIFFE} -endpointSpiffeID not-an-id`),
  words(`federation create -trustDomain x.test ${WEB} -trustDomainBundlePath missing.pem`),
  words(`federation create -trustDomain x.test ${WEB} -trustDomainBundlePath two.json`),
  words(
    `federation create -trustDomain x.test ${WEB} -trustDomainBundlePath one.pem -trustDomainBundleFormat nonsense`,
  ),
];

/** `federation create` and the like with a file on standard input. */
const fed = (deed: string, inputName: string, input: NonNullable<Step['input']>): Step => ({
  ...words(`federation ${deed} -data -`),
  input,
  inputName,
});
const fedJson = (...args: Parameters<typeof fed>): Step => ({
  ...fed(...args),
  ...words(`federation ${args[0]} -data - -output json`),
});

const fromFiles: readonly Step[] = [
  fed('create', 'two and the own', file('file')),
  fedJson('create', 'two and the own', file('json')),
  fed('create', 'none', '{"federationRelationships":[]}'),
  fed('create', 'an empty object', '{}'),
  fed('create', 'no JSON', 'no json'),
  { ...words('federation create -data - -trustDomain x.test'), input: file('x'), inputName: 'another one' },
  words('federation create -data missing.json'),
  fed('create', 'no trust domain', item({ trustDomain: undefined })),
  fed('create', 'no profile', item({ bundleEndpointProfile: undefined })),
  fed('create', 'PEM that is an object', item({ trustDomainBundle: {}, trustDomainBundleFormat: 'pem' })),
  fed('create', 'no PEM', item({ trustDomainBundle: 'no bundle', trustDomainBundleFormat: 'pem' })),
];

const later: readonly Step[] = [
  ...both('federation list'),
  ...both('federation show -trustDomain jwks.test'),
  words('federation show -trustDomain pem.test -output json'),
  words('federation show -trustDomain other.test'),
  ...both('federation show -trustDomain nobody.test'),
  words('federation show -trustDomain Not-A-Name!'),
  words('federation show'),
  words(
    `federation update -trustDomain web.test ${SPIFFE} -endpointSpiffeID spiffe://web.test/endpoint -trustDomainBundlePath one.pem`,
  ),
  words(`federation update -trustDomain jwks.test ${WEB} -output json`),
  ...both(`federation update -trustDomain nobody.test ${WEB}`),
  words(`federation update -trustDomain example.org ${WEB}`),
  words(`federation update ${WEB}`),
  fed('update', 'two and the own', file('file')),
  fedJson('update', 'two and the own', file('json')),
  words('federation show -trustDomain web.test'),
  words('federation show -trustDomain jwks.test -output json'),
  words('federation refresh'),
  ...both('federation refresh -id nobody.test'),
  words('federation refresh -id Not-A-Name!'),
  words('federation refresh -id example.org'),
  words('federation refresh -id web.test'),
  ...both('federation delete -id sp.test'),
  words('federation delete -id spiffe://webjson.test -output json'),
  words('federation delete -id nobody.test'),
  words('federation delete -id Not-A-Name!'),
  words('federation delete'),
  ...both('bundle list -id web.test'),
  words('bundle delete -id pem.test'),
  words('federation show -trustDomain pem.test'),
];

/** Which is taken by one of the command lines alone. */
const lenient: readonly Step[] = [
  words(
    `federation create -trustDomain apart.test ${SPIFFE} -endpointSpiffeID spiffe://jwks.test/endpoint -trustDomainBundlePath one.pem`,
  ),
  fed('create', 'a bundle without a format', ({ pem }) => item({ trustDomainBundle: pem })),
  fed('create', 'an unknown field', item({ unknown: 'field' })),
];

export const steps: readonly Step[] = [...bundles, ...modes, ...created, ...fromFiles, ...later, ...lenient];

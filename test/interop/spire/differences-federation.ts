/** How we differ from SPIRE's 1.13.3 in what is said of other trust domains. Joined to the rest by differences.ts. */
import type { Difference } from './difference.ts';

const NOWHERE = 'https://127.0.0.1:1';
const WEB = `-bundleEndpointURL ${NOWHERE}/web -bundleEndpointProfile https_web`;
const CREATE = 'federation create -trustDomain';
const UPDATE = 'federation update -trustDomain';
const JSON_OUTPUT = '-output json';
const both = (command: string): readonly string[] => [command, `${command} ${JSON_OUTPUT}`];

/** SPIRE's command line at our server, and at SPIRE's. */
export const ofServer: readonly Difference[] = [
  {
    why: 'our words for what is wrong',
    commands: [...both('bundle delete -id one.test'), 'bundle delete -id one.test -mode restrict'],
  },
  {
    why: 'an entry that lost a bundle has a new revision, so that its agent hears of it',
    commands: ['entry show -entryID kept'],
  },
  {
    why: 'AlreadyExists, where SPIRE answers Internal in the words of its database',
    commands: both(`${CREATE} web.test ${WEB}`),
  },
  {
    why: 'NotFound, where SPIRE answers Internal in the words of its database',
    commands: [
      ...both(`${UPDATE} nobody.test ${WEB}`),
      `${UPDATE} example.org ${WEB}`,
      'federation update -data - <<< two and the own',
      'federation update -data - -output json <<< two and the own',
    ],
  },
  {
    why: 'no bundle is fetched yet, and so there is none to fetch anew',
    commands: ['federation refresh -id web.test'],
  },
];

/** At our server: our command line, and SPIRE's. */
export const ofCommandLine: readonly Difference[] = [
  {
    why: 'what is typed wrongly is explained in our own words',
    commands: [
      'bundle list -format nonsense',
      'bundle set -id four.test -path missing.pem',
      'bundle set -id four.test -path two.json',
      'bundle set -id four.test -path one.pem -format spiffe',
      'bundle set -id four.test -path one.pem -format nonsense',
      'bundle set -id Not-A-Name! -path one.pem',
      `${CREATE} Not-A-Name! ${WEB}`,
      `${CREATE} x.test ${WEB} -trustDomainBundlePath missing.pem`,
      `${CREATE} x.test ${WEB} -trustDomainBundlePath two.json`,
      `${CREATE} x.test ${WEB} -trustDomainBundlePath one.pem -trustDomainBundleFormat nonsense`,
      'federation create -data - <<< no JSON',
      'federation create -data - <<< PEM that is an object',
      'federation create -data - <<< no PEM',
      'federation create -data missing.json',
    ],
  },
  {
    why: 'a failure with JSON output is on standard output too, as JSON',
    commands: [
      'bundle list -id nobody.test -output json',
      'federation show -trustDomain nobody.test -output json',
      'federation refresh -id nobody.test -output json',
    ],
  },
  {
    why: 'exits 1 where some failed, with JSON output too',
    exits: true,
    commands: [
      'bundle set -id example.org -path one.pem -output json',
      'bundle delete -id one.test -output json',
      'bundle delete -id nobody.test -output json',
      `${CREATE} example.org ${WEB} -output json`,
      `${CREATE} web.test ${WEB} -output json`,
      'federation create -data - -output json <<< two and the own',
      'federation update -data - -output json <<< two and the own',
      `${UPDATE} nobody.test ${WEB} -output json`,
      'federation delete -id sp.test -output json',
    ],
  },
  {
    why: "what SPIRE's says before the server's words, which is passed over there, is told here too",
    commands: ['federation show -trustDomain nobody.test', 'federation refresh -id Not-A-Name!'],
  },
  {
    why: 'a file in which nothing is found was meant to be another one',
    exits: true,
    commands: ['federation create -data - <<< an empty object'],
  },
  {
    why: 'the bundle is that of the relationship, whoever the endpoint is; SPIRE takes it for that of the endpoint',
    exits: true,
    commands: [
      `${CREATE} apart.test -bundleEndpointURL ${NOWHERE}/spiffe -bundleEndpointProfile https_spiffe -endpointSpiffeID spiffe://jwks.test/endpoint -trustDomainBundlePath one.pem`,
    ],
  },
  {
    why: 'a bundle in a file is PEM unless it says otherwise, as with flags',
    exits: true,
    commands: ['federation create -data - <<< a bundle without a format'],
  },
  {
    why: 'an unknown field of a file is refused: a slip of the pen does not lose what it meant',
    exits: true,
    commands: ['federation create -data - <<< an unknown field'],
  },
];

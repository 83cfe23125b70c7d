/** X.509-SVIDs as `api fetch x509` and `api watch` print them. */
import type { X509SVIDResponseOutput } from '../../proto/gen/X509SVIDResponse.ts';
import { readX509Context, type X509Context, type X509Identity } from '../../shared/client/x509-context.ts';
import { parseCertificate, type Certificate } from '../../shared/crypto/certificate.ts';

/** `Received 1 svid after 4ms`, then each SVID and its authorities. */
export function printX509(response: X509SVIDResponseOutput, tookMs: number): string {
  const context = readX509Context(response);
  const { length } = context.identities;
  const received = `Received ${length} ${length === 1 ? 'svid' : 'svids'} after ${tookMs.toFixed(3)}ms\n\n`;
  return received + context.identities.map((identity) => svidBlock(identity, context)).join('');
}

function svidBlock(identity: X509Identity, context: X509Context): string {
  const [leaf, ...intermediates] = identity.svid.certificates;
  const own = identity.svid.id.trustDomain.name;
  const federated = [...context.bundles].filter(([name]) => name !== own);
  return [
    `SPIFFE ID:\t\t${identity.svid.id}\n`,
    ...(identity.hint === '' ? [] : [`Hint:\t\t\t${identity.hint}\n`]),
    ...(leaf === undefined ? [] : validity('SVID', leaf)),
    ...intermediates.flatMap((certificate, at) => validity(`Intermediate #${at + 1}`, certificate)),
    ...authorities('', context.bundles.get(own) ?? []),
    ...federated.flatMap(([name, ders]) => authorities(`[${name}] `, ders)),
    '\n',
  ].join('');
}

const authorities = (prefix: string, ders: readonly Uint8Array[]): string[] =>
  ders.flatMap((der, at) => validity(`${prefix}CA #${at + 1}`, parseCertificate(der)));

const validity = (what: string, { notBefore, notAfter }: Certificate): string[] => [
  `${what} Valid After:\t${timeText(notBefore)}\n`,
  `${what} Valid Until:\t${timeText(notAfter)}\n`,
];

const timeText = (at: Date): string => `${at.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;

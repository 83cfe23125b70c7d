/** X.509-SVIDs as `api fetch x509` and `api watch` print them. */
import { printable } from '../../shared/cli/printable.ts';
import { durationText, timeText } from '../../shared/cli/time-text.ts';
import type { X509Context, X509Identity } from '../../shared/client/x509-context.ts';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { federatedBundles } from './federated-bundles.ts';

/** `Received 1 svid after 4ms`, then each SVID and its authorities. */
export function printX509(context: X509Context, tookMs: number): string {
  const { length } = context.identities;
  const received = `Received ${length} ${length === 1 ? 'svid' : 'svids'} after ${durationText(tookMs)}\n\n`;
  return received + context.identities.map((identity) => svidBlock(identity, context)).join('');
}

function svidBlock({ svid, hint }: X509Identity, context: X509Context): string {
  const [leaf, ...intermediates] = svid.certificates;
  return [
    `SPIFFE ID:\t\t${svid.id}\n`,
    ...(hint === '' ? [] : [`Hint:\t\t\t${printable(hint)}\n`]),
    ...(leaf === undefined ? [] : validity('SVID', leaf)),
    ...intermediates.flatMap((certificate, at) => validity(`Intermediate #${at + 1}`, certificate)),
    ...authorities('', context.bundles.get(svid.id.trustDomain.name) ?? []),
    ...federatedBundles(context, svid).flatMap(([name, ders]) => authorities(`[${name}] `, ders)),
    '\n',
  ].join('');
}

const authorities = (prefix: string, ders: readonly Uint8Array[]): string[] =>
  ders.flatMap((der, at) => validity(`${prefix}CA #${at + 1}`, parseCertificate(der)));

const validity = (what: string, { notBefore, notAfter }: Certificate): string[] => [
  `${what} Valid After:\t${timeText(notBefore)}\n`,
  `${what} Valid Until:\t${timeText(notAfter)}\n`,
];

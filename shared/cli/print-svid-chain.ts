/** A program's own SVID as `debug getinfo` of both programs prints it. */
import type { SPIFFEIDOutput } from '../../proto/gen/spire/api/types/SPIFFEID.ts';
import { fromUnixSeconds } from '../clock.ts';
import { printable } from './printable.ts';

export interface PrintedCertificate {
  readonly id: SPIFFEIDOutput | null;
  readonly subject: string;
  readonly expires_at: string;
}

/** Lines, from the leaf to the authority; none where there is no chain. */
export const svidChainText = (chain: readonly PrintedCertificate[]): string =>
  chain.length === 0 ? '' : `  SVID Chain:\n${chain.map(certificateText).join('')}`;

const certificateText = ({ id, subject, expires_at }: PrintedCertificate, at: number): string =>
  `    [${at}] SPIFFE ID:  ${id === null ? '(none)' : printable(`spiffe://${id.trust_domain}${id.path}`)}
        Subject:    ${printable(subject)}
        Expires At: ${rfc3339(expires_at)}
`;

export const rfc3339 = (unixSeconds: string): string =>
  fromUnixSeconds(Number(unixSeconds))
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');

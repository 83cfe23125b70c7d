/**
 * What the audit log says of an SVID that was issued, the same for all kinds: enough to know it again where it is used,
 * never the token itself. Called by the RPCs that issue.
 */
import { createHash } from 'node:crypto';
import { unixSeconds } from '../../../shared/clock.ts';
import type { LogFields } from '../../../shared/log/logger.ts';
import type { IssuedToken } from '../../ca/token-signing.ts';
import type { IssuedX509Svid } from '../../ca/x509-ca.ts';

/** `lifetime` is the certificate's or token's own, in seconds; `expires_at` as SPIRE writes it. */
export const issuedX509Fields = ({ serialNumber, validFrom, expiresAt }: IssuedX509Svid): LogFields => ({
  svid_type: 'x509',
  serial_num: serialNumber,
  lifetime: unixSeconds(expiresAt) - unixSeconds(validFrom),
  expires_at: unixSeconds(expiresAt),
});

/** Of a token without an id of its own, the SHA-256 of its text (hex). */
export const issuedTokenFields = (
  type: 'jwt' | 'wit',
  { token, tokenId, issuedAt, expiresAt }: IssuedToken,
): LogFields => ({
  svid_type: type,
  ...(tokenId === undefined
    ? { token_hash: createHash('sha256').update(token).digest('hex') }
    : { jti: tokenId }),
  lifetime: unixSeconds(expiresAt) - unixSeconds(issuedAt),
  expires_at: unixSeconds(expiresAt),
});

/** T.X509SVID, T.JWTSVID and T.WITSVID of what was issued. */
import type { JWTSVID } from '../../../proto/gen/spire/api/types/JWTSVID.ts';
import type { X509SVID } from '../../../proto/gen/spire/api/types/X509SVID.ts';
import { unixSeconds } from '../../../shared/clock.ts';
import type { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { IssuedToken } from '../../ca/token-signing.ts';
import type { IssuedX509Svid } from '../../ca/x509-ca.ts';
import { spiffeIdToWire } from './spiffe-id.ts';

export const x509SvidToWire = (id: SpiffeId, { chain, expiresAt }: IssuedX509Svid, hint = ''): X509SVID => ({
  cert_chain: [...chain],
  id: spiffeIdToWire(id),
  expires_at: unixSeconds(expiresAt),
  hint,
});

/** Both kinds of token have the same fields. */
export const tokenSvidToWire = (id: SpiffeId, issued: IssuedToken, hint = ''): JWTSVID => ({
  token: issued.token,
  id: spiffeIdToWire(id),
  expires_at: unixSeconds(issued.expiresAt),
  issued_at: unixSeconds(issued.issuedAt),
  hint,
});

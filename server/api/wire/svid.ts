/** T.X509SVID of what the CA issued. */
import type { X509SVID } from '../../../proto/gen/spire/api/types/X509SVID.ts';
import { unixSeconds } from '../../../shared/clock.ts';
import type { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { IssuedX509Svid } from '../../ca/x509-ca.ts';
import { spiffeIdToWire } from './spiffe-id.ts';

export const x509SvidToWire = (id: SpiffeId, { chain, expiresAt }: IssuedX509Svid, hint = ''): X509SVID => ({
  cert_chain: [...chain],
  id: spiffeIdToWire(id),
  expires_at: unixSeconds(expiresAt),
  hint,
});

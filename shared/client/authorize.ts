/** Which peers to talk to. */
import { permissionDenied } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import type { TrustDomain } from '../spiffe/trust-domain.ts';

/** Throws PermissionDenied on a peer that is not wanted. Its chain has been verified before. */
export type Authorizer = (peer: SpiffeId) => void;

export const authorizeId =
  (...wanted: readonly SpiffeId[]): Authorizer =>
  (peer) => {
    if (!wanted.some((id) => id.equals(peer))) throw permissionDenied(`unexpected peer ${peer}`);
  };

export const authorizeMemberOf =
  (trustDomain: TrustDomain): Authorizer =>
  (peer) => {
    if (!peer.isMemberOf(trustDomain))
      throw permissionDenied(`peer ${peer} is not of trust domain ${trustDomain}`);
  };

/** Anybody with a valid SVID of a trust domain whose bundle is held. */
export const authorizeAny: Authorizer = () => {};

/** The key that tokens are signed with now. Made by server.ts for JWT and WIT keys. */
import type { Clock } from '../../shared/clock.ts';
import { unavailable } from '../../shared/errors.ts';
import type { Authority } from './authorities.ts';
import type { RotatingAuthorities } from './rotating-authorities.ts';
import type { TokenKey, TokenKeys } from './token-keys.ts';

export const activeTokenKeys = (authorities: RotatingAuthorities<Authority>, clock: Clock): TokenKeys => ({
  activeKey(): TokenKey {
    const { active } = authorities.state();
    if (clock.now() >= active.expiresAt)
      throw unavailable(`the active ${authorities.kind.name} key has expired and no new one could be made`);
    const { authorityId: keyId, signer, issuedAt, expiresAt } = active;
    return { keyId, signer, issuedAt, expiresAt };
  },
});

/** LocalAuthority/PrepareX509Authority, PrepareJWTAuthority, PrepareWITAuthority: a new one in the bundle, not used yet. */
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { authorityStateToWire } from '../wire/authority-state.ts';
import { type LocalAuthorityNeeds, neededAuthority } from './needed-authority.ts';

export const prepareAuthority = (needs: LocalAuthorityNeeds): Handler<CallContext> =>
  unary(async () => ({
    prepared_authority: authorityStateToWire(await neededAuthority(needs).prepare()),
  }));

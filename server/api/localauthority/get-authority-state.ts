/** LocalAuthority/GetX509AuthorityState, GetJWTAuthorityState, GetWITAuthorityState: what this server's slots hold. */
import type { AuthorityState } from '../../../proto/gen/spire/api/server/localauthority/v1/AuthorityState.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { NamedState } from '../../ca/local-authority.ts';
import type { CallContext } from '../gate/context.ts';
import { authorityStateToWire } from '../wire/authority-state.ts';
import { type LocalAuthorityNeeds, neededAuthority } from './needed-authority.ts';

export const getAuthorityState = (needs: LocalAuthorityNeeds): Handler<CallContext> =>
  unary(async () => {
    const { active, prepared, old } = neededAuthority(needs).state();
    return { active: stateOf(active), prepared: stateOf(prepared), old: stateOf(old) };
  });

const stateOf = (state: NamedState | undefined): AuthorityState | null =>
  state === undefined ? null : authorityStateToWire(state);

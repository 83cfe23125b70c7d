/** LocalAuthority/ActivateX509Authority, ActivateJWTAuthority, ActivateWITAuthority: the prepared one signs from now on. */
import type { ActivateX509AuthorityRequestOutput } from '../../../proto/gen/spire/api/server/localauthority/v1/ActivateX509AuthorityRequest.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { authorityStateToWire } from '../wire/authority-state.ts';
import { type LocalAuthorityNeeds, neededAuthority } from './needed-authority.ts';

/** The requests of all three have the same fields. */
export const activateAuthority = (needs: LocalAuthorityNeeds): Handler<CallContext> =>
  unary(async ({ authority_id: authorityId }: ActivateX509AuthorityRequestOutput) => ({
    activated_authority: authorityStateToWire(await neededAuthority(needs).activate(authorityId)),
  }));

/** LocalAuthority/RevokeX509Authority, RevokeJWTAuthority, RevokeWITAuthority: nobody believes in the tainted one any more. */
import type { RevokeX509AuthorityRequestOutput } from '../../../proto/gen/spire/api/server/localauthority/v1/RevokeX509AuthorityRequest.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { authorityStateToWire } from '../wire/authority-state.ts';
import { type LocalAuthorityNeeds, neededAuthority } from './needed-authority.ts';

/** The requests of all three have the same fields. */
export const revokeAuthority = (needs: LocalAuthorityNeeds): Handler<CallContext> =>
  unary(async ({ authority_id: authorityId }: RevokeX509AuthorityRequestOutput) => ({
    revoked_authority: authorityStateToWire(await neededAuthority(needs).revoke(authorityId)),
  }));

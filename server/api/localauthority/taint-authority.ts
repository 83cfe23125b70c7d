/** LocalAuthority/TaintX509Authority, TaintJWTAuthority, TaintWITAuthority: what the old one signed is to be replaced. */
import type { TaintX509AuthorityRequestOutput } from '../../../proto/gen/spire/api/server/localauthority/v1/TaintX509AuthorityRequest.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { authorityStateToWire } from '../wire/authority-state.ts';
import { type LocalAuthorityNeeds, neededAuthority } from './needed-authority.ts';

/** The requests of all three have the same fields. */
export const taintAuthority = (needs: LocalAuthorityNeeds): Handler<CallContext> =>
  unary(async ({ authority_id: authorityId }: TaintX509AuthorityRequestOutput) => ({
    tainted_authority: authorityStateToWire(await neededAuthority(needs).taint(authorityId)),
  }));

/** The RPCs of the LocalAuthority service: the same five for each kind of authority. Called by api/routes. */
import type { Handler } from '../../../shared/rpc/handler.ts';
import type { ByHand } from '../../ca/local-authorities.ts';
import type { CallContext } from '../gate/context.ts';
import { activateAuthority } from './activate-authority.ts';
import { getAuthorityState } from './get-authority-state.ts';
import { prepareAuthority } from './prepare-authority.ts';
import { revokeAuthority } from './revoke-authority.ts';
import { revokeX509UpstreamAuthority } from './revoke-x509-upstream-authority.ts';
import { taintAuthority } from './taint-authority.ts';
import { taintX509UpstreamAuthority } from './taint-x509-upstream-authority.ts';

export function localAuthorityRoutes(needs: ByHand): Readonly<Record<string, Handler<CallContext>>> {
  const x509 = { name: 'X.509', authority: needs.x509 } as const;
  const jwt = { name: 'JWT', authority: needs.jwt } as const;
  const wit = { name: 'WIT', authority: needs.wit } as const;
  return {
    GetX509AuthorityState: getAuthorityState(x509),
    PrepareX509Authority: prepareAuthority(x509),
    ActivateX509Authority: activateAuthority(x509),
    TaintX509Authority: taintAuthority(x509),
    RevokeX509Authority: revokeAuthority(x509),
    GetJWTAuthorityState: getAuthorityState(jwt),
    PrepareJWTAuthority: prepareAuthority(jwt),
    ActivateJWTAuthority: activateAuthority(jwt),
    TaintJWTAuthority: taintAuthority(jwt),
    RevokeJWTAuthority: revokeAuthority(jwt),
    GetWITAuthorityState: getAuthorityState(wit),
    PrepareWITAuthority: prepareAuthority(wit),
    ActivateWITAuthority: activateAuthority(wit),
    TaintWITAuthority: taintAuthority(wit),
    RevokeWITAuthority: revokeAuthority(wit),
    TaintX509UpstreamAuthority: taintX509UpstreamAuthority(needs.upstream),
    RevokeX509UpstreamAuthority: revokeX509UpstreamAuthority(needs.upstream),
  };
}

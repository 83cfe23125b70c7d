/** Bundle/PublishJWTAuthority: a downstream server's key for JWT-SVIDs joins the bundle; all of them are the answer. */
import type { PublishJWTAuthorityRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/PublishJWTAuthorityRequest.ts';
import type { PublishJWTAuthorityResponse } from '../../../proto/gen/spire/api/server/bundle/v1/PublishJWTAuthorityResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { tokenKeyToWire } from '../wire/bundle.ts';
import { publishAuthority, type PublishAuthorityNeeds } from './publish-authority.ts';

export const publishJwtAuthority = (needs: PublishAuthorityNeeds): Handler<CallContext> =>
  unary(async (request: PublishJWTAuthorityRequestOutput): Promise<PublishJWTAuthorityResponse> => {
    const keys = await publishAuthority(needs, 'JWT', request.jwt_authority);
    return { jwt_authorities: keys.map(tokenKeyToWire) };
  });

/** Bundle/PublishWITAuthority: a downstream server's key for WIT-SVIDs joins the bundle; all of them are the answer. */
import type { PublishWITAuthorityRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/PublishWITAuthorityRequest.ts';
import type { PublishWITAuthorityResponse } from '../../../proto/gen/spire/api/server/bundle/v1/PublishWITAuthorityResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { ifEnabled } from '../svid/if-enabled.ts';
import { tokenKeyToWire } from '../wire/bundle.ts';
import { publishAuthority, type PublishAuthorityNeeds } from './publish-authority.ts';

export interface PublishWitAuthorityNeeds extends PublishAuthorityNeeds {
  /** Undefined unless WIT-SVIDs are enabled. */
  readonly witCa: object | undefined;
}

export const publishWitAuthority = (needs: PublishWitAuthorityNeeds): Handler<CallContext> =>
  unary(async (request: PublishWITAuthorityRequestOutput): Promise<PublishWITAuthorityResponse> => {
    ifEnabled('WIT', needs.witCa);
    const keys = await publishAuthority(needs, 'WIT', request.wit_authority);
    return { wit_authorities: keys.map(tokenKeyToWire) };
  });

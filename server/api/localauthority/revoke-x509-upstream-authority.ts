/** LocalAuthority/RevokeX509UpstreamAuthority: nobody believes in a tainted root above this server any more. */
import type { RevokeX509UpstreamAuthorityRequestOutput } from '../../../proto/gen/spire/api/server/localauthority/v1/RevokeX509UpstreamAuthorityRequest.ts';
import type { RevokeX509UpstreamAuthorityResponse } from '../../../proto/gen/spire/api/server/localauthority/v1/RevokeX509UpstreamAuthorityResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { UpstreamByHand } from '../../ca/upstream-by-hand.ts';
import type { CallContext } from '../gate/context.ts';

export const revokeX509UpstreamAuthority = (upstream: Pick<UpstreamByHand, 'revoke'>): Handler<CallContext> =>
  unary(
    async ({
      subject_key_id: subjectKeyId,
    }: RevokeX509UpstreamAuthorityRequestOutput): Promise<RevokeX509UpstreamAuthorityResponse> => ({
      upstream_authority_subject_key_id: await upstream.revoke(subjectKeyId),
    }),
  );

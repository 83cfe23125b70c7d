/** LocalAuthority/TaintX509UpstreamAuthority: what was signed below a root is to be replaced. */
import type { TaintX509UpstreamAuthorityRequestOutput } from '../../../proto/gen/spire/api/server/localauthority/v1/TaintX509UpstreamAuthorityRequest.ts';
import type { TaintX509UpstreamAuthorityResponse } from '../../../proto/gen/spire/api/server/localauthority/v1/TaintX509UpstreamAuthorityResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { UpstreamByHand } from '../../ca/upstream-by-hand.ts';
import type { CallContext } from '../gate/context.ts';

export const taintX509UpstreamAuthority = (upstream: Pick<UpstreamByHand, 'taint'>): Handler<CallContext> =>
  unary(
    async ({
      subject_key_id: subjectKeyId,
    }: TaintX509UpstreamAuthorityRequestOutput): Promise<TaintX509UpstreamAuthorityResponse> => ({
      upstream_authority_subject_key_id: await upstream.taint(subjectKeyId),
    }),
  );

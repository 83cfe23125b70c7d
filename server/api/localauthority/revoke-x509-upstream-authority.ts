/** LocalAuthority/RevokeX509UpstreamAuthority: there is none above this server's own. */
import { Code, CodedError } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';

export const revokeX509UpstreamAuthority = (): Handler<CallContext> =>
  unary(async () => {
    throw new CodedError(Code.failedPrecondition, 'upstream authority is not configured');
  });

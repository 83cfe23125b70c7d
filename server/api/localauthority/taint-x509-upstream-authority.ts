/** LocalAuthority/TaintX509UpstreamAuthority: there is none above this server's own. */
import { Code, CodedError } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';

export const taintX509UpstreamAuthority = (): Handler<CallContext> =>
  unary(async () => {
    throw new CodedError(Code.failedPrecondition, 'upstream authority is not configured');
  });

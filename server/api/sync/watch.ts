/** writ.sync.v1.Sync/Watch: tells the calling agent that there is something to fetch. */
import type { WatchRequestOutput } from '../../../proto/gen/writ/sync/v1/WatchRequest.ts';
import type { WatchResponse } from '../../../proto/gen/writ/sync/v1/WatchResponse.ts';
import { type Handler, type Send, serverStream } from '../../../shared/rpc/handler.ts';
import { actingAgent, type CallContext } from '../gate/context.ts';
import type { WatchHub } from './watch-hub.ts';

export interface WatchNeeds {
  readonly hub: Pick<WatchHub, 'watch'>;
}

export const watch = ({ hub }: WatchNeeds): Handler<CallContext> =>
  serverStream((_request: WatchRequestOutput, context: CallContext, send: Send<WatchResponse>) =>
    hub.watch({ agent: actingAgent(context), send, signal: context.call.signal }),
  );

/** The course of both X.509 streams: every change of what the workload is entitled to becomes a message. */
import { type Handler, type Send, serverStream } from '../../shared/rpc/handler.ts';
import type { WorkloadIdentities, WorkloadUpdate } from '../cache/workload-identities.ts';
import type { WorkloadContext } from './gate.ts';
import { latestUpdates } from './latest-updates.ts';
import type { PushTurns } from './push-turns.ts';

export interface WorkloadStreamDeps {
  readonly identities: Pick<WorkloadIdentities, 'subscribe'>;
  readonly turns: PushTurns;
}

/** Says the next message of one stream, or undefined when there is nothing new; what it throws ends the stream. */
export type ToMessage<Res> = (update: WorkloadUpdate) => Res | undefined;

/**
 * A handler that never ends with OK: some clients would take that for the end of their watch (facts/spiffe 4).
 * `newStream` is called once for each stream, so that it can remember what it said last.
 */
export const workloadStream = <Res extends object>(
  { identities, turns }: WorkloadStreamDeps,
  newStream: () => ToMessage<Res>,
): Handler<WorkloadContext> =>
  serverStream(async (_request: object, { peer, selectors, signal }: WorkloadContext, send: Send<Res>) => {
    const toMessage = newStream();
    let isFirst = true;
    for await (const update of latestUpdates(identities, selectors, signal)) {
      if (!isFirst) await turns.take(); // the first goes out without delay (Workload API 4.3)
      isFirst = false;
      const message = toMessage(update);
      if (message === undefined) continue;
      peer.checkAlive();
      await send(message);
    }
  });

/** The course of streams to workloads: every change of what the workload is entitled to becomes a message. Used by the RPCs here and by sds. */
import { type Handler, type Send, serverStream } from '../../shared/rpc/handler.ts';
import type { Identity, Wants, WorkloadIdentities, WorkloadUpdate } from '../cache/workload-identities.ts';
import type { WorkloadContext } from './gate.ts';
import type { PushTurns } from './push-turns.ts';
import { tellUpdates, type UpdateStreamNeeds } from './update-stream.ts';

export interface WorkloadStreamDeps<I = Identity> {
  readonly identities: Pick<WorkloadIdentities<I>, 'subscribe'>;
  readonly turns: PushTurns;
}

/** Says the next message of one stream, or undefined when there is nothing new; what it throws ends the stream. */
export type ToMessage<Res> = (update: WorkloadUpdate) => Res | undefined;

/**
 * A handler that never ends with OK: some clients would take that for the end of their watch (facts/spiffe 4).
 * `newStream` is called once for each stream, so that it can remember what it said last.
 */
export const workloadStream = <Res extends object>(
  deps: WorkloadStreamDeps,
  newStream: () => ToMessage<Res>,
  wants: Wants = 'svids',
): Handler<WorkloadContext> =>
  serverStream((_request: object, context: WorkloadContext, send: Send<Res>) =>
    tellUpdates({ ...updatesFor(deps, context, wants), toMessage: newStream(), send }),
  );

/** What a stream to this workload is made of, but for what it says. */
export const updatesFor = <I = Identity>(
  { identities, turns }: WorkloadStreamDeps<I>,
  { peer, selectors, signal }: WorkloadContext,
  wants: Wants = 'svids',
): Omit<UpdateStreamNeeds<WorkloadUpdate<I>, never>, 'toMessage' | 'send'> => ({
  subscribe: (onUpdate) => identities.subscribe(selectors, onUpdate, wants),
  reader: peer,
  turns,
  signal,
});

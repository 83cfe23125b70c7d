/**
 * The course of streams to workloads: every change of what the workload is entitled to becomes a message. A stream lasts as
 * long as its workload and waits nearly all of that time, so it is an object and no suspended function: that takes a fifth
 * of the memory. Used by the RPCs here and by sds.
 */
import { type Handler, type Send, serverStream } from '../../shared/rpc/handler.ts';
import type {
  Subscription,
  Wants,
  WorkloadIdentities,
  WorkloadUpdate,
} from '../cache/workload-identities.ts';
import type { WorkloadContext } from './gate.ts';
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
  wants: Wants = 'svids',
): Handler<WorkloadContext> =>
  serverStream(
    (_request: object, context: WorkloadContext, send: Send<Res>) =>
      new Promise((_resolve, end) => {
        new WorkloadStream({ context, turns, send, end, toMessage: newStream(), wants }).start(identities);
      }),
  );

export interface StreamNeeds<Res> {
  readonly context: WorkloadContext;
  readonly turns: PushTurns;
  readonly send: Send<Res>;
  readonly toMessage: ToMessage<Res>;
  readonly wants?: Wants;
  readonly end: (reason: unknown) => void;
}

export class WorkloadStream<Res> {
  readonly #needs: StreamNeeds<Res>;
  #subscription: Subscription | undefined;
  #latest: WorkloadUpdate | undefined;
  /** There may be something to tell: a slow reader skips what is no longer true. */
  #hasNews = false;
  #isTelling = false;
  #isFirst = true;
  #isOver = false;

  constructor(needs: StreamNeeds<Res>) {
    this.#needs = needs;
  }

  /** Throws what `subscribe` throws, and the signal's reason when it was aborted already. */
  start(identities: Pick<WorkloadIdentities, 'subscribe'>): void {
    const { context, wants = 'svids' } = this.#needs;
    const { selectors, signal } = context;
    signal.throwIfAborted();
    signal.addEventListener('abort', this);
    this.#subscription = identities.subscribe(selectors, (update) => this.#noteNews(update), wants);
    if (this.#isOver) this.#subscription.close();
  }

  /** Of the signal. */
  handleEvent(): void {
    this.#stop(this.#needs.context.signal.reason);
  }

  #noteNews(update: WorkloadUpdate): void {
    this.#latest = update;
    this.nudge();
  }

  /** What the workload wants to be told has changed: the next message may be another one. */
  nudge(): void {
    this.#hasNews = true;
    if (!this.#isTelling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    try {
      while (this.#latest !== undefined && this.#hasNews && !this.#isOver) await this.#tell();
    } catch (error) {
      this.#stop(error);
    }
    this.#isTelling = false;
  }

  async #tell(): Promise<void> {
    const { context, send, toMessage, turns } = this.#needs;
    if (!this.#isFirst) await turns.take(); // the first goes out without delay (Workload API 4.3)
    this.#hasNews = false;
    const update = this.#latest;
    const message = update === undefined || this.#isOver ? undefined : toMessage(update);
    if (message === undefined) return;
    this.#isFirst = false;
    context.peer.checkAlive();
    await send(message);
  }

  #stop(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#latest = undefined;
    this.#subscription?.close();
    this.#needs.context.signal.removeEventListener('abort', this);
    this.#needs.end(reason);
  }
}

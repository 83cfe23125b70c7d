/**
 * A stream that tells its reader of every change of something. It lasts as long as the reader and waits nearly all of that
 * time, so it is an object and no suspended function: that takes a fifth of the memory. Used by workload-stream, sds and
 * admin-api/delegated-identity.
 */
import type { Send } from '../../shared/rpc/handler.ts';
import type { Subscription } from '../cache/workload-identities.ts';
import type { PushTurns } from './push-turns.ts';

export interface UpdateStreamNeeds<Update, Res> {
  /** Calls back with what there is, and then with every change. */
  readonly subscribe: (onUpdate: (update: Update) => void) => Subscription;
  /** The next message, or undefined when there is nothing new; what it throws ends the stream. */
  readonly toMessage: (update: Update) => Res | undefined;
  /** Throws where it must be told nothing more; asked before each message. */
  readonly reader: { checkAlive(): void };
  readonly turns: PushTurns;
  readonly send: Send<Res>;
  readonly signal: AbortSignal;
}

/**
 * Never resolves: some clients would take the end of a stream with OK for the end of their watch (facts/spiffe 4). Rejects
 * with what `subscribe` throws, what ends the stream, or the signal's reason.
 */
export const tellUpdates = <Update, Res>(needs: UpdateStreamNeeds<Update, Res>): Promise<never> =>
  new Promise((_resolve, end) => {
    new UpdateStream(needs, end).start();
  });

export class UpdateStream<Update, Res> {
  readonly #needs: UpdateStreamNeeds<Update, Res>;
  readonly #end: (reason: unknown) => void;
  #subscription: Subscription | undefined;
  #latest: Update | undefined;
  /** There may be something to tell: a slow reader skips what is no longer true. */
  #hasNews = false;
  #isTelling = false;
  #isFirst = true;
  #isOver = false;

  constructor(needs: UpdateStreamNeeds<Update, Res>, end: (reason: unknown) => void) {
    this.#needs = needs;
    this.#end = end;
  }

  /** Throws what `subscribe` throws, and the signal's reason when it was aborted already. */
  start(): void {
    const { subscribe, signal } = this.#needs;
    signal.throwIfAborted();
    signal.addEventListener('abort', this);
    this.#subscription = subscribe((update) => this.#noteNews(update));
    if (this.#isOver) this.#subscription.close();
  }

  /** Of the signal. */
  handleEvent(): void {
    this.#stop(this.#needs.signal.reason);
  }

  #noteNews(update: Update): void {
    this.#latest = update;
    this.nudge();
  }

  /** What the reader wants to be told has changed: the next message may be another one. */
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
    const { reader, send, toMessage, turns } = this.#needs;
    if (!this.#isFirst) await turns.take(); // the first goes out without delay (Workload API 4.3)
    this.#hasNews = false;
    const update = this.#latest;
    const message = update === undefined || this.#isOver ? undefined : toMessage(update);
    if (message === undefined) return;
    this.#isFirst = false;
    reader.checkAlive();
    await send(message);
  }

  #stop(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#latest = undefined;
    this.#subscription?.close();
    this.#needs.signal.removeEventListener('abort', this);
    this.#end(reason);
  }
}

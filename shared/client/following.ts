/** The latest that a stream of the Workload API said, and what went wrong since. Used by the sources. */
import { Code, type CodedError } from '../errors.ts';
import type { Listeners } from './listeners.ts';
import type { Watcher } from './watch-stream.ts';

export interface FollowingParts<Value> {
  /** Runs until the signal aborts; rejects when the Workload API refuses for good. */
  readonly watch: (watcher: Watcher<Value>, signal: AbortSignal) => Promise<void>;
  /** The error again, in words for whoever runs the program. */
  readonly explain: (error: CodedError) => CodedError;
  readonly listeners: Listeners;
}

export class Following<Value> {
  readonly #parts: FollowingParts<Value>;
  readonly #stop = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #value: Value | undefined;
  #lastError: CodedError | undefined;

  constructor(parts: FollowingParts<Value>) {
    this.#parts = parts;
    this.#first.promise.catch(() => {}); // it may be that nobody waits
  }

  /** Undefined before the first message, and after PermissionDenied until there is another one. */
  get value(): Value | undefined {
    return this.#value;
  }

  /** Why the stream is not being followed at the moment; undefined while it is. */
  get lastError(): CodedError | undefined {
    return this.#lastError;
  }

  /** Resolves with the first message. Rejects when `signal` aborts, with the last error if there was one, or on a refusal for good. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const giveUp = (): void => this.#first.reject(this.#lastError ?? signal?.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    const watcher: Watcher<Value> = {
      onUpdate: (value) => this.#set(value, undefined),
      onError: (error) => this.#fail(this.#parts.explain(error)),
    };
    this.#parts.watch(watcher, this.#stop.signal).catch(this.#first.reject);
    await this.#first.promise.finally(() => signal?.removeEventListener('abort', giveUp));
  }

  #set(value: Value | undefined, error: CodedError | undefined): void {
    this.#value = value;
    this.#lastError = error;
    this.#parts.listeners.tellUpdate();
    if (value !== undefined) this.#first.resolve();
  }

  #fail(error: CodedError): void {
    const isLost = error.code === Code.permissionDenied && this.#value !== undefined;
    if (isLost) this.#set(undefined, error);
    else this.#lastError = error;
    this.#parts.listeners.tellError(error);
  }

  /** Ends the stream and forgets what it said; who waits hears this error. */
  close(error: CodedError): void {
    this.#stop.abort(error);
    this.#first.reject(error);
    this.#value = undefined;
    this.#lastError = error;
  }
}

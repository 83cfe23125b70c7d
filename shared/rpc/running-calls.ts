/** The calls that a server is answering, so that it can end them when it stops. Used by server and server-call. */
import type { CodedError } from '../errors.ts';

type End = (reason: CodedError) => void;

export class RunningCalls {
  readonly #ends = new Set<End>();
  #stopped: CodedError | undefined;

  get count(): number {
    return this.#ends.size;
  }

  /** `end` is called when the server stops, at once when it has; returns what to call when the call has been answered. */
  add(end: End): () => void {
    if (this.#stopped !== undefined) end(this.#stopped);
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  stop(reason: CodedError): void {
    this.#stopped = reason;
    for (const end of this.#ends) end(reason);
  }
}

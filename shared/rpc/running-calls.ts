/** The calls that a server is answering, so that it can end them when it stops. Used by server and server-call. */
import type { CodedError } from '../errors.ts';

export interface RunningCall {
  end(reason: CodedError): void;
}

export class RunningCalls {
  readonly #calls = new Set<RunningCall>();
  #stopped: CodedError | undefined;

  get count(): number {
    return this.#calls.size;
  }

  /** It is ended when the server stops, at once when it has. */
  add(call: RunningCall): void {
    if (this.#stopped !== undefined) call.end(this.#stopped);
    this.#calls.add(call);
  }

  /** It has been answered. */
  remove(call: RunningCall): void {
    this.#calls.delete(call);
  }

  stop(reason: CodedError): void {
    this.#stopped = reason;
    for (const call of this.#calls) call.end(reason);
  }
}

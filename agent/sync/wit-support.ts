/** Whether the server issues WIT-SVIDs at all: where it does not, workloads are told that, instead of waiting. Used by sign-wit and workload-api. */
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError } from '../../shared/errors.ts';

/** A server that was without may have them turned on. */
const ASK_AGAIN_MS = 60_000;

export class WitSupport {
  readonly #clock: Clock;
  #missing = new AbortController();
  #missingSinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborted, with Unimplemented, as soon as the server says that it has none. */
  get signal(): AbortSignal {
    const isOld = this.#clock.monotonicMs() - this.#missingSinceMs >= ASK_AGAIN_MS;
    if (this.#missing.signal.aborted && isOld) this.#missing = new AbortController();
    return this.#missing.signal;
  }

  isMissing(): void {
    this.#missingSinceMs = this.#clock.monotonicMs();
    this.#missing.abort(new CodedError(Code.unimplemented, 'the server issues no WIT-SVIDs'));
  }

  isThere(): void {
    if (this.#missing.signal.aborted) this.#missing = new AbortController();
  }
}

/**
 * Spreads a push to many streams over rounds of the event loop, so that a rotated bundle does not hold up everybody
 * else (9,500 streams at once: 50 to 360 ms). Used by workload-stream.
 */

const STREAMS_PER_ROUND = 64; // about 2 ms of encoding and writing

export class PushTurns {
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;
  #rounds = 0;

  /** Rounds that had something to push. */
  get rounds(): number {
    return this.#rounds;
  }

  /** Resolves when it is this stream's turn, first come first served. */
  take(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#rounds += 1;
      for (const resolve of this.#waiting.splice(0, STREAMS_PER_ROUND)) resolve();
      this.#schedule();
    });
  }
}

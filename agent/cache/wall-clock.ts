/** Tells when the wall clock was set back, by the steady one beside it. Used by svid-cache. */
import type { Clock } from '../../shared/clock.ts';

/** Less is a clock that is kept right little by little. */
const STEP_MS = 1_000;

export class WallClock {
  readonly #clock: Clock;
  #aheadMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#aheadMs = this.#measure();
  }

  /** Since it was asked last. */
  wasSetBack(): boolean {
    const wasAheadMs = this.#aheadMs;
    this.#aheadMs = this.#measure();
    return this.#aheadMs <= wasAheadMs - STEP_MS;
  }

  #measure(): number {
    return this.#clock.now().getTime() - this.#clock.monotonicMs();
  }
}

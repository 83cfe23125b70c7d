/**
 * Limits per client address (SPIRE: token buckets with a second's worth of burst; a call that comes too early waits).
 * Called by gate/order. A bucket is one number, the time (of the steady clock, which nobody sets) at which it will be
 * full again: full ones are forgotten.
 */
import type { Clock } from '../../../shared/clock.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import type { Limit } from './rules.ts';

/** Per second, and at once (SPIRE: rate limits). */
export const RATES: Readonly<Record<Limit, number>> = {
  attestation: 1,
  csr: 500,
  jwt: 500,
  wit: 500,
  publish: 500,
  status: 10,
};

const SECOND_MS = 1_000;
/** DIVERGES: SPIRE lets a call wait for as long as its caller does. Here it is refused at once when that would be longer. */
const WAIT_MAX_MS = 30_000; // what SPIRE's agent gives an RPC
const WAITING_MAX = 10_000;
const BUCKETS_MAX = 50_000;

export interface RateLimiterNeeds {
  readonly clock: Clock;
  /** Limits that are turned off (`ratelimit {}`). */
  readonly off: ReadonlySet<Limit>;
}

export interface Draw {
  readonly limit: Limit;
  readonly address: string;
  readonly weight: number;
  readonly signal: AbortSignal;
}

export class RateLimiter {
  readonly #needs: RateLimiterNeeds;
  readonly #fullAtMs = new Map<string, number>();
  #waiting = 0;

  constructor(needs: RateLimiterNeeds) {
    this.#needs = needs;
  }

  /** Resolves when the call may go on. Throws ResourceExhausted when it weighs too much or would wait too long. */
  async draw({ limit, address, weight, signal }: Draw): Promise<void> {
    if (this.#needs.off.has(limit) || weight <= 0) return;
    const rate = RATES[limit];
    if (weight > rate) throw exhausted(`rate (${weight}) exceeds burst size (${rate})`);
    const waitMs = this.#take(`${limit} ${address}`, (weight / rate) * SECOND_MS);
    if (waitMs <= 0) return;
    this.#waiting += 1;
    try {
      await this.#needs.clock.sleep(waitMs, signal);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** How long to wait for what was taken: a burst is one second's worth. */
  #take(key: string, costMs: number): number {
    const nowMs = this.#needs.clock.monotonicMs();
    this.#makeRoom(key, nowMs);
    const fullAtMs = Math.max(this.#fullAtMs.get(key) ?? 0, nowMs) + costMs;
    const waitMs = fullAtMs - nowMs - SECOND_MS;
    if (waitMs > WAIT_MAX_MS || (waitMs > 0 && this.#waiting >= WAITING_MAX)) {
      const retryAfterMs = Math.max(waitMs - WAIT_MAX_MS, SECOND_MS); // then it would wait no longer than it may
      throw exhausted('too many calls from this address, try again later', retryAfterMs);
    }
    this.#fullAtMs.set(key, fullAtMs);
    return waitMs;
  }

  #makeRoom(key: string, nowMs: number): void {
    if (this.#fullAtMs.size < BUCKETS_MAX || this.#fullAtMs.has(key)) return;
    for (const [other, fullAtMs] of this.#fullAtMs) if (fullAtMs <= nowMs) this.#fullAtMs.delete(other);
    if (this.#fullAtMs.size >= BUCKETS_MAX) throw exhausted('too many callers, try again later');
  }
}

const exhausted = (message: string, retryAfterMs?: number): CodedError =>
  new CodedError(Code.resourceExhausted, message, { retryAfterMs });

/**
 * How often something may be done for each user's processes, or each of something else: a bucket of tokens for each. Used
 * by workload-api, attest-workload and cache.
 */
import type { Clock } from '../shared/clock.ts';

export interface Rate {
  readonly perSecond: number;
  /** At once, after a pause. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
  refused: number;
}

const BUCKETS_SWEPT = 1_000;

export class Rates<Key = number> {
  readonly #rate: Rate;
  readonly #clock: Clock;
  readonly #buckets = new Map<Key, Bucket>();
  #sweepAt = BUCKETS_SWEPT;

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Undefined: too often. Else how many times that was the answer since it was last allowed. */
  take(key: Key): number | undefined {
    const bucket = this.#bucketOf(key);
    if (bucket.tokens < 1) {
      bucket.refused += 1;
      return undefined;
    }
    bucket.tokens -= 1;
    const { refused } = bucket;
    bucket.refused = 0;
    return refused;
  }

  /** As if it had just had its burst. */
  empty(key: Key): void {
    this.#bucketOf(key).tokens = 0;
  }

  #bucketOf(key: Key): Bucket {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) return this.#filled(bucket, nowMs);
    if (this.#buckets.size >= this.#sweepAt) this.#sweep(nowMs);
    const made = { tokens: this.#rate.burst, filledAtMs: nowMs, refused: 0 };
    this.#buckets.set(key, made);
    return made;
  }

  #filled(bucket: Bucket, nowMs: number): Bucket {
    const seconds = (nowMs - bucket.filledAtMs) / 1_000;
    bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + seconds * this.#rate.perSecond);
    bucket.filledAtMs = nowMs;
    return bucket;
  }

  /** A full bucket is as good as none. The next sweep waits until there are twice as many, so that it costs little. */
  #sweep(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#filled(bucket, nowMs).tokens >= this.#rate.burst) this.#buckets.delete(key);
    }
    this.#sweepAt = Math.max(BUCKETS_SWEPT, this.#buckets.size * 2);
  }

  /** Those that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }
}

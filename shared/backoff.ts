/** Retry delays that grow, with jitter, up to a limit. */
import type { Random } from './random.ts';
import { jittered } from './random.ts';

export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor?: number;
  readonly jitter?: number;
}

export class Backoff {
  readonly #random: Random;
  readonly #options: Required<BackoffOptions>;
  #nextMs: number;

  constructor(random: Random, options: BackoffOptions) {
    this.#random = random;
    this.#options = { factor: 1.5, jitter: 0.1, ...options };
    this.#nextMs = options.initialMs;
  }

  /** The delay to wait now; each call makes the next one longer. */
  next(): number {
    const now = this.#nextMs;
    this.#nextMs = Math.min(now * this.#options.factor, this.#options.maxMs);
    return jittered(this.#random, now, this.#options.jitter);
  }

  reset(): void {
    this.#nextMs = this.#options.initialMs;
  }
}

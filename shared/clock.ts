/** Time, passed in: the only file that reads the system clock. Tests use test/fakes/clock. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  now(): Date;
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    try {
      await delay(
        Math.min(Math.max(ms, 0), 2_147_483_647),
        undefined,
        signal === undefined ? {} : { signal },
      );
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};

/** Milliseconds of a steady clock, for measuring how long something took. */
export const monotonicMs = (): number => performance.now();

export const addSeconds = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1_000);

/** A time cut to whole seconds, as X.509 and the wire carry it. */
export const toSeconds = (at: Date): Date => new Date(Math.floor(at.getTime() / 1_000) * 1_000);

export const unixSeconds = (at: Date): number => Math.floor(at.getTime() / 1_000);

export const fromUnixSeconds = (seconds: number): Date => new Date(seconds * 1_000);

export interface Repetition {
  readonly clock: Clock;
  /** The pause after each deed; asked anew each time. */
  readonly ms: () => number;
  readonly signal: AbortSignal;
}

/**
 * Runs `deed`, then sleeps `ms()`, until the signal aborts. A throwing deed ends the loop with its error:
 * a loop that must go on catches inside its deed.
 */
export async function every({ clock, ms, signal }: Repetition, deed: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await deed();
    try {
      await clock.sleep(ms(), signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}

/** Time, passed in: the only file that reads the system clock. Tests use test/fakes/clock. */

export interface Clock {
  now(): Date;
  /** Milliseconds of a steady clock, which nobody sets: for how long ago something was. It stands while a machine sleeps. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Milliseconds of a steady clock, for measuring how long something took. */
export const monotonicMs = (): number => performance.now();

const TIMER_MAX_MS = 2_147_483_647; // setTimeout fires at once on longer ones

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs,
  // By hand: an aborted timer of node:timers makes errors with stacks, and every call with a time limit aborts one.
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const onTime = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const timer = setTimeout(onTime, Math.min(Math.max(ms, 0), TIMER_MAX_MS));
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** Calls back after `ms` unless what it returns is called before: a tenth of what a sleep costs that is aborted. */
export function startTimer(ms: number, onTime: () => void): () => void {
  const timer = setTimeout(onTime, Math.min(ms, TIMER_MAX_MS));
  return () => clearTimeout(timer);
}

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

/** Settles as the promise does; rejects when that takes longer than so much. What is under way goes on. */
export async function inTime<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = clock.sleep(ms, timer.signal).then(() => {
    throw new Error(`no answer within ${ms} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
    late.catch(() => {}); // its part is played
  }
}

/** A moment by both clocks. */
export interface Moment {
  readonly at: Date;
  readonly monotonicMs: number;
}

export const momentOf = (clock: Clock): Moment => ({ at: clock.now(), monotonicMs: clock.monotonicMs() });

/**
 * Whether less than so much has passed between the moments, by the steady clock and by the wall's: the one stands while
 * a machine sleeps, the other can be set. Where one of them says that it is too long, it is.
 */
export function isWithin(ms: number, from: Moment, now: Moment): boolean {
  const wallMs = now.at.getTime() - from.at.getTime();
  return wallMs >= 0 && wallMs < ms && now.monotonicMs - from.monotonicMs < ms;
}

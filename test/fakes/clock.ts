/** Time that moves only when a test says so. Used by every test that has a Clock to pass in. */
import { createHook } from 'node:async_hooks';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';

interface Sleeper {
  /** Of the steady time. */
  readonly wakesAt: number;
  readonly wake: () => void;
}

const START = new Date('2026-01-01T00:00:00Z');
const QUIET_ROUNDS = 2;
const SETTLE_MAX_MS = 1_000;
const UNTIL_MAX_MS = 10_000;

/** Crypto jobs and file requests that the thread pool has: what `settle` waits for. Watches, never changes. */
const inFlight = new Map<number, object>();
const POOL_WORK = /^FSREQ|^FILEHANDLECLOSEREQ$|^(?!HTTP)[A-Z0-9]+REQUEST$/;
createHook({
  trackPromises: false,
  init: (...[id, type, , resource]) => {
    if (POOL_WORK.test(type)) inFlight.set(id, resource);
  },
  after: (id) => inFlight.delete(id),
  destroy: (id) => inFlight.delete(id),
}).enable();

/** A crypto job without a callback was done at once, and never ends as others do. */
const isAsync = (resource: object): boolean =>
  !resource.constructor.name.endsWith('Job') ||
  ('ondone' in resource && typeof resource.ondone === 'function');

/** Whether the thread pool has work of ours. */
export function isBusy(): boolean {
  for (const [id, resource] of inFlight) if (!isAsync(resource)) inFlight.delete(id);
  return inFlight.size > 0;
}

export class FakeClock implements Clock {
  readonly #comeToRest: () => Promise<void>;
  /** Wall time is that much ahead of the steady time, which begins with 0. */
  #aheadMs: number;
  #steadyMs = 0;
  #sleepers: Sleeper[] = [];

  /** `comeToRest`: how `advance` waits for what a sleeper set going when it woke. */
  constructor(start: Date = START, comeToRest: () => Promise<void> = settle) {
    this.#aheadMs = start.getTime();
    this.#comeToRest = comeToRest;
  }

  now(): Date {
    return new Date(this.#aheadMs + this.#steadyMs);
  }

  monotonicMs(): number {
    return this.#steadyMs;
  }

  /** How many sleep now: shows whether a loop came to rest or ended. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        signal?.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        end();
        reject(signal?.reason);
      };
      const wake = (): void => {
        end();
        resolve();
      };
      const sleeper: Sleeper = { wakesAt: this.#steadyMs + Math.max(ms, 0), wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Moves time on, waking sleepers one by one in the order of their times; what each sets going comes to rest first. */
  async advance(ms: number): Promise<void> {
    const target = this.#steadyMs + ms;
    await this.#comeToRest();
    for (let next = this.#nextBy(target); next !== undefined; next = this.#nextBy(target)) {
      this.#steadyMs = Math.max(this.#steadyMs, next.wakesAt);
      next.wake();
      await this.#comeToRest();
    }
    this.#steadyMs = target;
  }

  /** Sets the wall time, as an operator does, or a machine that slept: timers have as far to go as before. */
  jump(to: Date): void {
    this.#aheadMs = to.getTime() - this.#steadyMs;
  }

  /** A process that was stopped for so long (SIGSTOP): time went on, and nobody has woken yet. */
  stall(ms: number): void {
    this.#steadyMs += ms;
  }

  /** The same time, seen on another machine: its wall can be set by itself. */
  onAnotherMachine(): OtherWall {
    return new OtherWall(this);
  }

  /** Waits, in real time, until the condition holds; time of this clock stands still. Fails with what it waited for. */
  async until(condition: () => boolean | Promise<boolean>, what = condition.toString()): Promise<void> {
    const startedMs = performance.now();
    while (!(await condition())) {
      if (performance.now() - startedMs > UNTIL_MAX_MS) {
        throw new Error(
          `waited ${UNTIL_MAX_MS} ms in vain for: ${what} (clock at ${this.now().toISOString()}, ${this.#sleepers.length} sleeping)`,
        );
      }
      await nextRound();
    }
  }

  #nextBy(target: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.wakesAt <= target && (first === undefined || sleeper.wakesAt < first.wakesAt))
        first = sleeper;
    }
    return first;
  }
}

/** A clock that moves with another one, and whose wall time differs from that one's. */
export class OtherWall implements Clock {
  readonly #clock: Clock;
  #aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): Date {
    return new Date(this.#clock.now().getTime() + this.#aheadMs);
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }

  /** Sets the wall time so far ahead of the other one's; below zero, behind. */
  setAhead(ms: number): void {
    this.#aheadMs = ms;
  }
}

/** Lets microtasks, I/O callbacks and thread-pool work run until nothing is under way. */
export async function settle(): Promise<void> {
  const startedMs = performance.now();
  for (let quiet = 0; quiet < QUIET_ROUNDS && performance.now() - startedMs < SETTLE_MAX_MS; ) {
    await nextRound();
    quiet = isBusy() ? 0 : quiet + 1;
  }
}

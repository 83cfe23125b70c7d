/** What a program reports about its own parts: looked at by the clock, answered from memory. */
import { type Clock, every } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Part } from '../tasks.ts';

export interface HealthState {
  /** False: it does not come back by itself, a restart may help. */
  readonly isLive: boolean;
  /** It does its work. */
  readonly isReady: boolean;
  /** In the answer's JSON, for whoever asks: nothing of what is inside. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Why, for the log. */
  readonly failure?: string;
}

export const WORKS: HealthState = { isLive: true, isReady: true, details: {} };

/** Neither live nor ready; `key` is what SPIRE has in the answer. */
export const fails = (key: string, failure: string): HealthState => ({
  isLive: false,
  isReady: false,
  details: { [key]: 'failed: see the log' },
  failure,
});

export interface HealthCheck {
  /** `server`, `agent`: the key in the answer. */
  readonly name: string;
  /** A throw is neither live nor ready. */
  check(signal: AbortSignal): Promise<HealthState>;
}

export type HealthQuestion = 'isLive' | 'isReady';

export interface HealthAnswer {
  readonly isHealthy: boolean;
  readonly details: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

// SPIRE's intervals.
const UNTIL_READY_MS = 1_000;
const ONCE_READY_MS = 60_000;
const TIMEOUT_MS = 30_000;

export class HealthChecks implements Part {
  readonly name = 'health-checks';
  readonly #checks: readonly HealthCheck[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #states = new Map<string, HealthState>();
  #looking: Promise<void> = Promise.resolve();

  constructor(
    checks: readonly HealthCheck[],
    { clock, log }: { readonly clock: Clock; readonly log: Logger },
  ) {
    this.#checks = checks;
    this.#clock = clock;
    this.#log = log;
  }

  /** Returns at once: the first look may need parts that start later. Looks until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    const ms = (): number => (this.answer('isReady').isHealthy ? ONCE_READY_MS : UNTIL_READY_MS);
    this.#looking = every({ clock: this.#clock, ms, signal }, async () => {
      await Promise.all(this.#checks.map((check) => this.#look(check, signal)));
    });
  }

  async stop(): Promise<void> {
    await this.#looking;
  }

  /** As of the last look; a check that was not looked at yet is live and not ready. */
  answer(question: HealthQuestion): HealthAnswer {
    const states = this.#checks.map(({ name }) => [name, this.#states.get(name) ?? NOT_YET] as const);
    return {
      isHealthy: states.every(([, state]) => state[question]),
      details: Object.fromEntries(states.map(([name, { details }]) => [name, details])),
    };
  }

  async #look(check: HealthCheck, signal: AbortSignal): Promise<void> {
    const state = await this.#ask(check, signal);
    if (signal.aborted) return;
    const before = this.#states.get(check.name);
    this.#states.set(check.name, state);
    if (before?.isReady === true && !state.isReady) {
      this.#log.warn('a health check fails', { check: check.name, error: state.failure });
    } else if (before?.isReady === false && state.isReady) {
      this.#log.info('a health check passes again', { check: check.name });
    }
  }

  async #ask(check: HealthCheck, signal: AbortSignal): Promise<HealthState> {
    const over = new AbortController();
    const bounded = AbortSignal.any([signal, over.signal]);
    const late = this.#clock
      .sleep(TIMEOUT_MS, bounded)
      .then(() => failed(`no answer within ${TIMEOUT_MS / 1_000} s`));
    try {
      return await Promise.race([check.check(bounded), late]);
    } catch (error) {
      return failed(messageOf(error));
    } finally {
      over.abort(new Error('the check is over'));
      late.catch(() => {}); // its part is played
    }
  }
}

const NOT_YET: HealthState = { isLive: true, isReady: false, details: {} };

const failed = (failure: string): HealthState => fails('error', failure);

/** Liveness and readiness, as SPIRE's provider has them. Made by provider. */
import { type Clock, isWithin, type Moment, momentOf } from '../../shared/clock.ts';
import type { HealthAnswer, HealthQuestion } from '../../shared/health/checks.ts';
import type { KeyPoll } from './key-poll.ts';

// SPIRE: so many polls may fail, and never less than so long.
const POLLS = 5;
const AT_LEAST_MS = 180_000;

export interface ProbesNeeds {
  readonly keys: Pick<KeyPoll, 'lastSuccess'>;
  readonly pollIntervalSeconds: number;
  readonly clock: Clock;
}

/** Ready while keys were had a short time ago; live also in the time after the start that they may take to come. */
export class Probes {
  readonly #needs: ProbesNeeds;
  readonly #startedAt: Moment;
  readonly #toleranceMs: number;

  constructor(needs: ProbesNeeds) {
    this.#needs = needs;
    this.#startedAt = momentOf(needs.clock);
    this.#toleranceMs = Math.max(POLLS * needs.pollIntervalSeconds * 1_000, AT_LEAST_MS);
  }

  answer(question: HealthQuestion): HealthAnswer {
    const { keys, clock } = this.#needs;
    const since = keys.lastSuccess ?? (question === 'isLive' ? this.#startedAt : undefined);
    const isHealthy = since !== undefined && isWithin(this.#toleranceMs, since, momentOf(clock));
    return { isHealthy, details: {} };
  }
}

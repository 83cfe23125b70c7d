/**
 * What has to be done from time to time, once for the whole cluster: each deed under a lease of its own. Started by
 * server.ts; the deeds are listed in start/housekeeping.
 */
import { Backoff } from '../../shared/backoff.ts';
import { type Clock, every } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { Part } from '../../shared/tasks.ts';
import type { Fence, LeaseStore } from './lease-store.ts';

export interface Deed {
  /** Of the lease, and in the log. */
  readonly name: string;
  /** From one time to the next; asked anew each time. */
  readonly everyMs: () => number;
  /** A throw has it tried again sooner. */
  run(fence: Fence): Promise<void>;
}

export interface HousekeepingNeeds {
  readonly leases: LeaseStore;
  readonly deeds: readonly Deed[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Clocks and jitter of servers differ: what was done nearly so long ago is due. */
const REST_SHARE = 0.9;
/** Another server may have ended while it was at it: its lease has run out then. */
const LOOK_AGAIN_MS = 60_000;
const RETRY = { initialMs: 60_000, maxMs: 3_600_000, factor: 2 };

export class Housekeeping implements Part {
  readonly name = 'housekeeping';
  readonly #needs: HousekeepingNeeds;
  #loops: readonly Promise<void>[] = [];

  constructor(needs: HousekeepingNeeds) {
    this.#needs = needs;
  }

  /** Looks now, so that servers which often restart do it at all, and from time to time until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    this.#loops = this.#needs.deeds.map((deed) => this.#repeat(deed, signal));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops);
  }

  #repeat(deed: Deed, signal: AbortSignal): Promise<void> {
    const { clock, log, random } = this.#needs;
    const retry = new Backoff(random, RETRY);
    let delayMs = 0;
    return every({ clock, ms: () => delayMs, signal }, async () => {
      try {
        delayMs = await this.#doIfDue(deed);
        retry.reset();
      } catch (error) {
        delayMs = retry.next();
        const fields = { deed: deed.name, error: messageOf(error), retryMs: Math.round(delayMs) };
        log.warn('housekeeping failed: it is tried again', fields);
      }
    });
  }

  /** When to look again. */
  async #doIfDue(deed: Deed): Promise<number> {
    const { leases, clock } = this.#needs;
    const everyMs = deed.everyMs();
    const now = clock.now();
    const taken = await leases.take({ name: deed.name, now, restMs: everyMs * REST_SHARE });
    if (taken === 'held') return Math.min(LOOK_AGAIN_MS, everyMs);
    if (taken === 'rested') return everyMs;
    let doneAt: Date | undefined;
    try {
      await deed.run(taken);
      doneAt = now;
    } finally {
      await leases.end(taken, doneAt).catch((error: unknown) => this.#runsOut(deed, error));
    }
    return everyMs;
  }

  #runsOut({ name }: Deed, error: unknown): void {
    this.#needs.log.debug('a lease could not be given back: it runs out', {
      deed: name,
      error: messageOf(error),
    });
  }
}

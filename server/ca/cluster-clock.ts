/**
 * How far this server's clock runs ahead of the database's, which all servers of a cluster share. What a server signs
 * begins by the earlier of the two: where clocks are minutes apart, an agent would not yet believe it. Asked by x509-ca and
 * token-signing, started by server.ts.
 *
 * DIVERGES: SPIRE's SVIDs begin ten seconds ago by the clock of the server that signs, whatever the others' say.
 */
import { type Clock, every } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Part } from '../../shared/tasks.ts';

const MEASURE_MS = 10_000;
/** Told from here on: certificates begin ten seconds ago. */
const TOLD_MS = 5_000;
/** A clock that is wrong by more says nothing about the others. */
const BELIEVED_MS = 300_000;

export interface ClusterClockNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  /** The time by the database; rejects when it does not answer. */
  readonly databaseNow: () => Promise<Date>;
}

export class ClusterClock implements Part {
  readonly name = 'cluster clock';
  readonly #needs: ClusterClockNeeds;
  #aheadMs = 0;
  #isTold = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(needs: ClusterClockNeeds) {
    this.#needs = needs;
  }

  /** Measures now, and from time to time until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock } = this.#needs;
    await this.#measure();
    this.#loop = every({ clock, ms: () => MEASURE_MS, signal }, () => this.#measure());
  }

  async stop(): Promise<void> {
    await this.#loop;
  }

  /** Never negative: a clock that is behind the others is believed by all. */
  get aheadMs(): number {
    return this.#aheadMs > BELIEVED_MS ? 0 : Math.max(0, this.#aheadMs);
  }

  /** A database that does not answer leaves what was measured before. */
  async #measure(): Promise<void> {
    const { clock, databaseNow } = this.#needs;
    const before = clock.now().getTime();
    const found = await databaseNow().catch(() => undefined);
    if (found === undefined) return;
    const [early, late] = [before - found.getTime(), clock.now().getTime() - found.getTime()];
    // The answer was on its way for as long as these are apart: within that, the clocks may agree.
    this.#aheadMs = early > 0 ? early : Math.min(late, 0);
    this.#tell();
  }

  #tell(): void {
    const isApart = Math.abs(this.#aheadMs) > TOLD_MS;
    if (isApart && !this.#isTold) {
      const aheadSeconds = Math.round(this.#aheadMs / 1_000);
      this.#needs.log.warn("this server's clock is not the database's: have both set by NTP", {
        aheadSeconds,
      });
    }
    this.#isTold = isApart;
  }
}

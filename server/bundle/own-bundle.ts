/** Housekeeping of the trust domain's own bundle and of the CA journals: what ended long ago goes. Started by server.ts. */
import { Backoff } from '../../shared/backoff.ts';
import { type Clock, every } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Part } from '../../shared/tasks.ts';
import type { JournalStore } from '../ca/journal-store.ts';
import type { BundleStore } from './bundle-store.ts';

const HOUR_MS = 3_600_000;
// SPIRE's intervals and grace periods.
const PRUNE_BUNDLE_EVERY_MS = 6 * HOUR_MS;
const BUNDLE_GRACE_MS = 24 * HOUR_MS;
const PRUNE_JOURNALS_EVERY_MS = 8 * HOUR_MS;
const JOURNAL_GRACE_MS = 14 * 24 * HOUR_MS;
const RETRY = { initialMs: 60_000, maxMs: HOUR_MS, factor: 2 };

export interface OwnBundleNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly bundles: BundleStore;
  readonly journals: JournalStore;
  readonly trustDomain: TrustDomain;
}

export class OwnBundle implements Part {
  readonly name = 'own bundle';
  readonly #needs: OwnBundleNeeds;
  #loops: readonly Promise<void>[] = [];

  constructor(needs: OwnBundleNeeds) {
    this.#needs = needs;
  }

  /** Prunes now, so that a server that often restarts prunes at all, and from time to time until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    this.#loops = [
      this.#repeat(PRUNE_BUNDLE_EVERY_MS, signal, () => this.pruneBundle()),
      this.#repeat(PRUNE_JOURNALS_EVERY_MS, signal, () => this.pruneJournals()),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops);
  }

  /** Removes authorities that expired more than a day ago, but never the last X.509 authority. */
  async pruneBundle(): Promise<void> {
    const { bundles, clock, log, trustDomain } = this.#needs;
    const before = await bundles.find(trustDomain);
    if (before === undefined) return;
    const after = await bundles.prune(trustDomain, new Date(clock.now().getTime() - BUNDLE_GRACE_MS));
    if (after === undefined) {
      log.warn(
        'bundle not pruned: every X.509 authority in it has expired; see why no server makes a new one',
      );
    } else if (after.sequenceNumber !== before.sequenceNumber) {
      log.info('expired authorities removed from the bundle', {
        sequenceNumber: after.sequenceNumber,
        x509Authorities: after.x509Authorities.length,
      });
    }
  }

  /** Removes the journals of servers whose last authority ended more than two weeks ago. */
  async pruneJournals(): Promise<void> {
    const { clock, journals, log } = this.#needs;
    const count = await journals.prune(new Date(clock.now().getTime() - JOURNAL_GRACE_MS));
    if (count > 0) log.info('journals of servers that are gone removed', { count });
  }

  #repeat(intervalMs: number, signal: AbortSignal, deed: () => Promise<void>): Promise<void> {
    const { clock, log, random } = this.#needs;
    const retry = new Backoff(random, RETRY);
    let delayMs = intervalMs;
    return every({ clock, ms: () => delayMs, signal }, async () => {
      try {
        await deed();
        retry.reset();
        delayMs = intervalMs;
      } catch (error) {
        delayMs = retry.next();
        log.warn('pruning failed: it is tried again', {
          error: messageOf(error),
          retryMs: Math.round(delayMs),
        });
      }
    });
  }
}

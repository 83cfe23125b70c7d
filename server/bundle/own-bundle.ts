/** Housekeeping of the trust domain's own bundle and of the CA journals: what ended long ago goes. Listed in start/housekeeping. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { JournalStore } from '../ca/journal-store.ts';
import type { Deed } from '../housekeeping/housekeeping.ts';
import type { Fence } from '../housekeeping/lease-store.ts';
import type { BundleStore } from './bundle-store.ts';

const HOUR_MS = 3_600_000;
// SPIRE's intervals and grace periods.
const PRUNE_BUNDLE_EVERY_MS = 6 * HOUR_MS;
const BUNDLE_GRACE_MS = 24 * HOUR_MS;
const PRUNE_JOURNALS_EVERY_MS = 8 * HOUR_MS;
const JOURNAL_GRACE_MS = 14 * 24 * HOUR_MS;

export interface OwnBundleNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  readonly bundles: BundleStore;
  readonly journals: JournalStore;
  readonly trustDomain: TrustDomain;
}

export class OwnBundle {
  readonly #needs: OwnBundleNeeds;

  constructor(needs: OwnBundleNeeds) {
    this.#needs = needs;
  }

  deeds(): readonly Deed[] {
    return [
      {
        name: 'prune own bundle',
        everyMs: () => PRUNE_BUNDLE_EVERY_MS,
        run: (fence) => this.pruneBundle(fence),
      },
      {
        name: 'prune journals',
        everyMs: () => PRUNE_JOURNALS_EVERY_MS,
        run: (fence) => this.pruneJournals(fence),
      },
    ];
  }

  /** Removes authorities that expired more than a day ago, but never the last X.509 authority. */
  async pruneBundle(fence?: Fence): Promise<void> {
    const { bundles, clock, log, trustDomain } = this.#needs;
    const before = await bundles.find(trustDomain);
    if (before === undefined) return;
    const after = await bundles.prune(trustDomain, new Date(clock.now().getTime() - BUNDLE_GRACE_MS), fence);
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
  async pruneJournals(fence?: Fence): Promise<void> {
    const { clock, journals, log } = this.#needs;
    const count = await journals.prune(new Date(clock.now().getTime() - JOURNAL_GRACE_MS), fence);
    if (count > 0) log.info('journals of servers that are gone removed', { count });
  }
}

/** Deletes expired entries. Listed in start/housekeeping. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Fence } from '../housekeeping/lease-store.ts';
import type { EntryStore } from './entry-store.ts';

export const PRUNE_ENTRIES_EVERY_MS = 5 * 60_000; // SPIRE: entry pruning

export interface PruneEntriesNeeds {
  readonly store: Pick<EntryStore, 'prune'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function pruneEntries({ store, clock, log }: PruneEntriesNeeds, fence: Fence): Promise<void> {
  const count = await store.prune(clock.now(), fence);
  if (count > 0) log.info('expired entries pruned', { count });
}

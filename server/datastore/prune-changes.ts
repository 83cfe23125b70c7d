/** Forgets old changes; a reader that stood among them reloads a snapshot. Called by housekeeping. */
import type { Fence } from '../housekeeping/lease-store.ts';
import type { Database } from './database.ts';
import { holdLease } from './leases.ts';

export interface KeptChanges {
  /** At least this many of each feed are kept, */
  readonly count: number;
  /** and at least those of this long. */
  readonly ms: number;
}

const BATCH_ROWS = 10_000;

/** How many were deleted. What remains is always an unbroken run up to the head. */
export async function pruneChanges(database: Database, kept: KeptChanges, fence?: Fence): Promise<number> {
  let total = 0;
  for (const feed of ['entries', 'nodes']) {
    for (let deleted = BATCH_ROWS; deleted > BATCH_ROWS / 2; total += deleted) {
      deleted = await pruneBatch(database, [feed, Math.max(kept.count, 1), kept.ms, BATCH_ROWS], fence);
    }
  }
  return total;
}

/** Deletes below a bound, so that no gap can arise: the first of the oldest rows that is young enough, or their last. */
const PRUNE = `
  with oldest as (
    select n, created_at from changes
    where feed = $1 and n <= (select head from feeds where name = $1) - $2::bigint
    order by n limit $4),
  bound as (
    select coalesce(min(n) filter (where created_at >= now() - $3::bigint * interval '1 millisecond'), max(n) + 1) as n
    from oldest),
  deleted as (delete from changes using bound where feed = $1 and changes.n < bound.n returning 1)
  select count(*) as count from deleted`;

const pruneBatch = (
  database: Database,
  values: readonly unknown[],
  fence: Fence | undefined,
): Promise<number> =>
  database.transaction('read committed', async (tx) => {
    await holdLease(tx, fence);
    const [row] = await tx.query<{ count: number }>(PRUNE, values);
    return row?.count ?? 0;
  });

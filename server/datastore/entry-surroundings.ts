/** What stands around SPIFFE IDs, for guards that judge by it. Called by entries.ts, inside its transactions. */
import type { EntryFields } from '../entries/entry.ts';
import type { EntryGuard, Surroundings } from '../entries/entry-guard.ts';
import type { Queryable } from './database.ts';
import { ENTRY_COLUMNS, type EntryRow, toEntry } from './entry-rows.ts';

/** Entries below the IDs of one batch; whoever may write some entries only has few of them. */
const BELOW_MAX = 2_000;

/** Answers why an entry may not be written; undefined when it may. */
export type Judge = (entry: EntryFields) => string | undefined;

/** Judges entries with any of these SPIFFE IDs. Without a guard everything may be written, and nothing is read. */
export async function judgeOf(
  tx: Queryable,
  guard: EntryGuard | undefined,
  entries: readonly Pick<EntryFields, 'spiffeId'>[],
): Promise<Judge> {
  if (guard === undefined || entries.length === 0) return () => undefined;
  const around = await readSurroundings(tx, [...new Set(entries.map(({ spiffeId }) => spiffeId.toString()))]);
  return (entry) => guard.whyNot(entry, around);
}

async function readSurroundings(tx: Queryable, ids: readonly string[]): Promise<Surroundings> {
  const rows = await tx.query<EntryRow & { top: string }>(
    `with recursive chain (top, at) as (
       select id, id collate "C" from unnest($1::text[]) as id
       union
       select chain.top, item.spiffe_id from chain join entries as item on item.parent_id = chain.at)
     select chain.top, item.row_id, ${ENTRY_COLUMNS}
     from chain join entries as item on item.parent_id = chain.at limit ${BELOW_MAX + 1}`,
    [ids],
  );
  const below = Map.groupBy(rows, ({ top }) => top);
  const privileged = await readPrivileged(tx, [...ids, ...rows.map(({ spiffe_id }) => spiffe_id)]);
  return {
    isPrivileged: (id) => privileged.has(id),
    below: (id) => (rows.length > BELOW_MAX ? undefined : (below.get(id) ?? []).map(toEntry)),
  };
}

async function readPrivileged(tx: Queryable, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ spiffe_id: string }>(
    'select distinct spiffe_id from entries where spiffe_id = any($1) and (admin or downstream)',
    [[...new Set(ids)]],
  );
  return new Set(rows.map(({ spiffe_id }) => spiffe_id));
}

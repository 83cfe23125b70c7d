/** Changing and deleting entries inside a transaction, which records the changes. Called by entries.ts, entry-plans.ts and nodes.ts. */
import type { Entry } from '../entries/entry.ts';
import type { Denied, EntryUpdate, UpdateOutcome } from '../entries/entry-store.ts';
import type { Queryable } from './database.ts';
import { ENTRY_COLUMNS, type EntryRow, toEntry } from './entry-rows.ts';
import type { Judge } from './entry-surroundings.ts';

/** Deletes inside the caller's transaction, which records the changes; the ids that existed. */
export async function deleteEntries(tx: Queryable, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  // Rows are locked in the order of their ids, so that two batches never wait for each other in a circle.
  const rows = await tx.query<{ id: string }>(
    `with doomed as (select id from entries where id = any($1) order by id for update)
     delete from entries using doomed where entries.id = doomed.id returning entries.id`,
    [ids],
  );
  return rows.map((row) => row.id);
}

/** The entries that there are, locked until the transaction ends. */
export async function lockEntries(
  tx: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Entry>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.query<EntryRow>(
    `select item.row_id, ${ENTRY_COLUMNS} from entries as item where item.id = any($1) order by item.id for update`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, toEntry(row)]));
}

export interface UpdateRules {
  /** Trust domains that have one. */
  readonly bundles: ReadonlySet<string>;
  readonly judge: Judge;
}

/** Judged as it was and as it would be. */
export function applyUpdate(
  { changes }: EntryUpdate,
  entry: Entry | undefined,
  { bundles, judge }: UpdateRules,
): UpdateOutcome {
  if (entry === undefined) return { kind: 'not-found' };
  const after = { ...entry, ...changes, revisionNumber: entry.revisionNumber + 1 };
  const denial = denialOf(judge(entry) ?? judge(after));
  if (denial !== undefined) return denial;
  const missing = changes.federatesWith?.find((trustDomain) => !bundles.has(trustDomain.name));
  if (missing !== undefined) return { kind: 'no-bundle', trustDomain: missing.name };
  return { kind: 'updated', entry: after };
}

export const denialOf = (why: string | undefined): Denied | undefined =>
  why === undefined ? undefined : { kind: 'denied', why };

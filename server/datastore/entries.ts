/** Registration entries in Postgres. Made by open.ts. */
import type { EntryGuard } from '../entries/entry-guard.ts';
import type {
  EntryFilter,
  EntryStore,
  EntryUpdate,
  CreateOutcome,
  DeleteOutcome,
  Denied,
  Page,
  PageRequest,
  Show,
  UpdateOutcome,
} from '../entries/entry-store.ts';
import type { Entry, NewEntry } from '../entries/entry.ts';
import type { Fence } from '../housekeeping/lease-store.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';
import { recordChanges } from './changes.ts';
import type { Database, Queryable } from './database.ts';
import { applyUpdate, deleteEntries, denialOf, lockEntries } from './entry-changes.ts';
import { createEntries, lockBundles } from './entry-creation.ts';
import type { EntryRow } from './entry-rows.ts';
import { ENTRY_COLUMNS, UPDATE_ENTRIES, sortedKeys, toEntry, toRecord } from './entry-rows.ts';
import { judgeOf } from './entry-surroundings.ts';
import { holdLease } from './leases.ts';
import { Conditions } from './list-query.ts';
import { SMALL_ROWS, type Lists } from './lists.ts';

const PRUNE_BATCH = 1_000;

export interface EntriesOptions {
  readonly database: Database;
  readonly lists: Lists;
  readonly clock: Clock;
  readonly random: Random;
}

export class PostgresEntries implements EntryStore {
  readonly #options: EntriesOptions;

  constructor(options: EntriesOptions) {
    this.#options = options;
  }

  create(entries: readonly NewEntry[], guard?: EntryGuard): Promise<readonly CreateOutcome[]> {
    const { clock, random, database } = this.#options;
    return database.transaction('read committed', async (tx) => {
      const judge = await judgeOf(tx, guard, entries);
      const denied = entries.map((entry) => denialOf(judge(entry)));
      const allowed = entries.filter((_, at) => denied[at] === undefined);
      const made = await createEntries(tx, allowed, { now: clock.now(), newId: () => random.uuid() });
      const ids = made.flatMap((outcome) => (outcome.kind === 'created' ? [outcome.entry.id] : []));
      await recordChanges(tx, { entries: ids });
      const next = made.values();
      return denied.flatMap((denial) => denial ?? next.next().value ?? []);
    });
  }

  update(updates: readonly EntryUpdate[], guard?: EntryGuard): Promise<readonly UpdateOutcome[]> {
    return this.#options.database.transaction('read committed', async (tx) => {
      // Bundles first, as whoever deletes one does.
      const bundles = await lockBundles(
        tx,
        updates.flatMap((update) => update.changes.federatesWith ?? []),
      );
      const current = await lockEntries(
        tx,
        updates.map((update) => update.id),
      );
      const named = updates.flatMap(({ changes: { spiffeId } }) =>
        spiffeId === undefined ? [] : { spiffeId },
      );
      const judge = await judgeOf(tx, guard, [...current.values(), ...named]);
      const changed = new Map<string, Entry>();
      const outcomes = updates.map((update) => {
        const entry = changed.get(update.id) ?? current.get(update.id);
        const outcome = applyUpdate(update, entry, { bundles, judge });
        if (outcome.kind === 'updated') changed.set(outcome.entry.id, outcome.entry);
        return outcome;
      });
      if (changed.size > 0)
        await tx.query(UPDATE_ENTRIES, [JSON.stringify([...changed.values()].map(toRecord))]);
      await recordChanges(tx, { entries: [...changed.keys()] });
      return outcomes;
    });
  }

  delete(ids: readonly string[], guard?: EntryGuard): Promise<readonly DeleteOutcome[]> {
    return this.#options.database.transaction('read committed', async (tx) => {
      const denied = await this.#denied(tx, ids, guard);
      const allowed = ids.filter((id) => !denied.has(id));
      const deleted = new Set(await deleteEntries(tx, allowed));
      await recordChanges(tx, { entries: [...deleted] });
      // An id that is named twice existed for the first.
      return ids.map((id) => denied.get(id) ?? { kind: deleted.delete(id) ? 'deleted' : 'not-found' });
    });
  }

  /** Those that exist and may not be deleted; rows stay locked, so that what was judged is what is deleted. */
  async #denied(
    tx: Queryable,
    ids: readonly string[],
    guard: EntryGuard | undefined,
  ): Promise<ReadonlyMap<string, Denied>> {
    const denied = new Map<string, Denied>();
    if (guard === undefined) return denied;
    const current = await lockEntries(tx, ids);
    const judge = await judgeOf(tx, guard, [...current.values()]);
    for (const [id, entry] of current) {
      const denial = denialOf(judge(entry));
      if (denial !== undefined) denied.set(id, denial);
    }
    return denied;
  }

  async find(id: string): Promise<Entry | undefined> {
    const sql = `select item.row_id, ${ENTRY_COLUMNS} from entries as item where item.id = $1`;
    const [row] = await this.#options.database.query<EntryRow>(sql, [id]);
    return row === undefined ? undefined : toEntry(row);
  }

  async list<Shown>(filter: EntryFilter, page: PageRequest, show: Show<Entry, Shown>): Promise<Page<Shown>> {
    const conditions = toConditions(filter);
    const query = { table: 'entries', columns: ENTRY_COLUMNS, conditions, page } as const;
    return this.#options.lists.read({ query, toItem: toEntry, pieceRows: SMALL_ROWS }, show);
  }

  async count(filter: EntryFilter): Promise<number> {
    const conditions = toConditions(filter);
    const [row] = await this.#options.database.query<{ count: number }>(
      `select count(*) as count from entries as item where ${conditions.where}`,
      conditions.values,
    );
    return row?.count ?? 0;
  }

  async prune(at: Date, fence?: Fence): Promise<number> {
    let total = 0;
    for (let deleted = PRUNE_BATCH; deleted === PRUNE_BATCH; total += deleted)
      deleted = await this.#pruneBatch(at, fence);
    return total;
  }

  #pruneBatch(at: Date, fence: Fence | undefined): Promise<number> {
    return this.#options.database.transaction('read committed', async (tx) => {
      await holdLease(tx, fence);
      const expired = await tx.query<{ id: string }>(
        'select id from entries where expires_at < $1 order by id limit $2 for update',
        [at, PRUNE_BATCH],
      );
      const deleted = await deleteEntries(
        tx,
        expired.map((row) => row.id),
      );
      await recordChanges(tx, { entries: deleted });
      return deleted.length;
    });
  }
}

function toConditions(filter: EntryFilter): Conditions {
  const conditions = new Conditions();
  conditions.addIf('item.spiffe_id = $', filter.bySpiffeId?.toString());
  conditions.addIf('item.parent_id = $', filter.byParentId?.toString());
  // The partial index answers only a query that says what it leaves out.
  conditions.addIf(
    filter.byHint === '' ? 'item.hint = $' : "(item.hint = $ and item.hint <> '')",
    filter.byHint,
  );
  if (filter.within !== undefined) conditions.addScopes(filter.within);
  if (filter.byDownstream === true) conditions.add('(item.downstream and $::boolean)', true);
  if (filter.bySelectors !== undefined) {
    conditions.addSet('item.selectors', sortedKeys(filter.bySelectors.selectors), filter.bySelectors.match);
  }
  if (filter.byFederatesWith !== undefined) {
    const names = filter.byFederatesWith.trustDomains.map((trustDomain) => trustDomain.name);
    conditions.addSet('item.federates_with', names, filter.byFederatesWith.match);
  }
  return conditions;
}

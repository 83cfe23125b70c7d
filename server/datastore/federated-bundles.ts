/** Bundles of other trust domains in Postgres, and what their changes do to entries. Made by open.ts. */
import type {
  BundleChanges,
  DeleteBundleOutcome,
  DeleteMode,
  FederatedBundleStore,
} from '../bundle/federated-bundle-store.ts';
import type { Page, PageRequest, Show } from '../entries/entry-store.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { isSameBundle } from '../../shared/bundle/same-bundle.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import {
  BUNDLE_COLUMNS,
  type BundleRow,
  hintOfBundles,
  insertBundle,
  lockBundle,
  toBundle,
  writeBundle,
} from './bundle-rows.ts';
import { recordChanges } from './changes.ts';
import type { Database, Queryable } from './database.ts';
import { Conditions } from './list-query.ts';
import { LARGE_ROWS, type Lists } from './lists.ts';

/** Entries that a change of a bundle is announced for; where more federate with it, agents notice at their next round. */
const ANNOUNCED_MAX = 1_000;

export class PostgresFederatedBundles implements FederatedBundleStore {
  readonly #database: Database;
  readonly #lists: Lists;

  constructor(database: Database, lists: Lists) {
    this.#database = database;
    this.#lists = lists;
  }

  create(bundle: Bundle): Promise<boolean> {
    return this.#database.transaction('read committed', async (tx) => {
      const isNew = await insertBundle(tx, bundle);
      if (isNew) await hintOfBundles(tx); // nothing federates with a bundle that was not there
      return isNew;
    });
  }

  update(trustDomain: TrustDomain, changes: BundleChanges): Promise<Bundle | undefined> {
    return this.#database.transaction('read committed', async (tx) => {
      const before = await lockBundle(tx, trustDomain);
      if (before === undefined) return undefined;
      const after = { ...before, ...changes };
      await replace(tx, before, after);
      return after;
    });
  }

  set(bundle: Bundle): Promise<void> {
    return this.#database.transaction('read committed', (tx) => setBundle(tx, bundle));
  }

  delete(trustDomain: TrustDomain, mode: DeleteMode): Promise<DeleteBundleOutcome> {
    return this.#database.transaction('read committed', (tx) => deleteBundle(tx, trustDomain, mode));
  }

  async list<Shown>(own: TrustDomain, page: PageRequest, show: Show<Bundle, Shown>): Promise<Page<Shown>> {
    const conditions = new Conditions();
    conditions.add('item.trust_domain <> $', own.name);
    const query = { table: 'bundles', columns: BUNDLE_COLUMNS, conditions, page } as const;
    const toItem = (row: BundleRow & { readonly row_id: number }): Bundle => toBundle(row);
    return this.#lists.read({ query, toItem, pieceRows: LARGE_ROWS }, show);
  }
}

/** As the last statements of a transaction: what it announces takes numbers of the feed. */
export async function setBundle(tx: Queryable, bundle: Bundle): Promise<void> {
  if (await insertBundle(tx, bundle)) return hintOfBundles(tx);
  const before = await lockBundle(tx, bundle.trustDomain);
  if (before === undefined) return setBundle(tx, bundle); // it was deleted between the two
  await replace(tx, before, bundle);
}

/** Does nothing where they say the same. */
async function replace(tx: Queryable, before: Bundle, after: Bundle): Promise<void> {
  if (isSameBundle(before, after)) return;
  await writeBundle(tx, after);
  await hintOfBundles(tx);
  await announce(tx, after.trustDomain);
}

/** On the feed, as changes of the entries that federate with it: their agents synchronise, and fetch it anew. */
async function announce(tx: Queryable, trustDomain: TrustDomain): Promise<void> {
  const rows = await tx.query<{ id: string }>(
    `select id from entries where federates_with @> array[$1] limit ${ANNOUNCED_MAX + 1}`,
    [trustDomain.name],
  );
  if (rows.length <= ANNOUNCED_MAX) await recordChanges(tx, { entries: rows.map(({ id }) => id) });
}

/**
 * The lock keeps out who checks that the bundle is there (entry-creation's lockBundles), and waits for those who have:
 * so every entry that federates with it is seen, and none comes after.
 */
async function deleteBundle(
  tx: Queryable,
  trustDomain: TrustDomain,
  mode: DeleteMode,
): Promise<DeleteBundleOutcome> {
  const locked = await tx.query('select trust_domain from bundles where trust_domain = $1 for update', [
    trustDomain.name,
  ]);
  if (locked.length === 0) return { kind: 'not-found' };
  if (mode === 'restrict') {
    const entryCount = await countFederating(tx, trustDomain);
    if (entryCount > 0) return { kind: 'restricted', entryCount };
  }
  await tx.query('delete from bundles where trust_domain = $1', [trustDomain.name]);
  await hintOfBundles(tx);
  if (mode !== 'restrict') await changeFederating(tx, trustDomain, mode);
  return { kind: 'deleted' };
}

async function countFederating(tx: Queryable, trustDomain: TrustDomain): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    'select count(*) as count from entries where federates_with @> array[$1]',
    [trustDomain.name],
  );
  return row?.count ?? 0;
}

// Rows are locked in the order of their ids, as everywhere.
// DIVERGES: SPIRE leaves the revision of a dissociated entry as it was. Here it is one more: agents must notice what changed.
const LOCKED = `locked as (
  select id from entries where federates_with @> array[$1] order by id for update)`;
const CHANGE_FEDERATING = {
  delete: `with ${LOCKED} delete from entries using locked where entries.id = locked.id returning entries.id`,
  dissociate: `with ${LOCKED} update entries
    set federates_with = array_remove(federates_with, $1), revision_number = revision_number + 1
    from locked where entries.id = locked.id returning entries.id`,
} as const;

async function changeFederating(
  tx: Queryable,
  trustDomain: TrustDomain,
  mode: keyof typeof CHANGE_FEDERATING,
): Promise<void> {
  const rows = await tx.query<{ id: string }>(CHANGE_FEDERATING[mode], [trustDomain.name]);
  await recordChanges(tx, { entries: rows.map(({ id }) => id) });
}

/** Creating entries inside a transaction: what is similar, what is a duplicate, what is new. Called by entries.ts and join-tokens.ts. */
import { createHash } from 'node:crypto';
import type { CreateOutcome } from '../entries/entry-store.ts';
import type { Entry, NewEntry } from '../entries/entry.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Queryable } from './database.ts';
import type { EntryRow } from './entry-rows.ts';
import { ENTRY_COLUMNS, INSERT_ENTRIES, shapeOf, toEntry, toRecord } from './entry-rows.ts';
import { lockClass } from './locks.ts';

export interface CreationContext {
  readonly now: Date;
  readonly newId: () => string;
}

/** Locks for shapes and for ids: enough that creations seldom meet, few enough for Postgres' lock table. */
const LOCK_BUCKETS = 128;

/**
 * Decides each entry as if they came one after another and inserts the new ones. Writes no changes: the caller does.
 * Creations that could meet (same shape, or same id) wait for each other's commit.
 */
export async function createEntries(
  tx: Queryable,
  entries: readonly NewEntry[],
  context: CreationContext,
): Promise<readonly CreateOutcome[]> {
  if (entries.length === 0) return [];
  const shapes = entries.map((entry) => shapeOf(entry));
  const ids = entries.flatMap((entry) => entry.id ?? []);
  await lock(tx, shapes, ids);
  const known = await readKnown(tx, { shapes, ids, entries });
  const outcomes = entries.map((entry) => decide(entry, known, context));
  const created = outcomes.flatMap((outcome) => (outcome.kind === 'created' ? [outcome.entry] : []));
  if (created.length > 0) await tx.query(INSERT_ENTRIES, [JSON.stringify(created.map(toRecord))]);
  return outcomes;
}

async function lock(tx: Queryable, shapes: readonly Buffer[], ids: readonly string[]): Promise<void> {
  const shapeLocks = shapes.map((shape) => shape.readUInt32BE(0) % LOCK_BUCKETS);
  const idLocks = ids.map(
    (id) => LOCK_BUCKETS + (createHash('sha256').update(id).digest().readUInt32BE(0) % LOCK_BUCKETS),
  );
  const ordered = [...new Set([...shapeLocks, ...idLocks])].sort((a, b) => a - b);
  await tx.query('select pg_advisory_xact_lock($1, bucket) from unnest($2::int[]) as bucket', [
    lockClass.entryCreation,
    ordered,
  ]);
}

interface Known {
  /** The oldest entry of each shape, by the shape's hex. */
  readonly byShape: Map<string, Entry>;
  readonly ids: Set<string>;
  readonly bundles: ReadonlySet<string>;
}

interface Asked {
  readonly shapes: readonly Buffer[];
  readonly ids: readonly string[];
  readonly entries: readonly NewEntry[];
}

async function readKnown(tx: Queryable, { shapes, ids, entries }: Asked): Promise<Known> {
  const similar = await tx.query<EntryRow & { shape_hex: string }>(
    `select distinct on (item.shape) encode(item.shape, 'hex') as shape_hex, item.row_id, ${ENTRY_COLUMNS}
     from entries as item where item.shape = any($1::bytea[]) order by item.shape, item.row_id`,
    [shapes],
  );
  const taken =
    ids.length === 0
      ? []
      : await tx.query<{ id: string }>('select id from entries where id = any($1)', [ids]);
  return {
    byShape: new Map(similar.map((row) => [row.shape_hex, toEntry(row)])),
    ids: new Set(taken.map((row) => row.id)),
    bundles: await lockBundles(
      tx,
      entries.flatMap((entry) => entry.federatesWith),
    ),
  };
}

/** Which of the trust domains have a bundle; those bundles stay until the transaction ends. */
export async function lockBundles(
  tx: Queryable,
  trustDomains: readonly TrustDomain[],
): Promise<ReadonlySet<string>> {
  const names = [...new Set(trustDomains.map((trustDomain) => trustDomain.name))];
  if (names.length === 0) return new Set();
  const rows = await tx.query<{ trust_domain: string }>(
    'select trust_domain from bundles where trust_domain = any($1) order by trust_domain for key share',
    [names],
  );
  return new Set(rows.map((row) => row.trust_domain));
}

/** Similar is decided first, as SPIRE does; what is created counts for the entries that follow. */
function decide(entry: NewEntry, known: Known, context: CreationContext): CreateOutcome {
  const shape = shapeOf(entry).toString('hex');
  const similar = known.byShape.get(shape);
  if (similar !== undefined) return { kind: 'similar', entry: similar };
  if (entry.id !== undefined && known.ids.has(entry.id)) return { kind: 'duplicate-id' };
  const missing = entry.federatesWith.find((trustDomain) => !known.bundles.has(trustDomain.name));
  if (missing !== undefined) return { kind: 'no-bundle', trustDomain: missing.name };
  const created = { ...entry, id: entry.id ?? context.newId(), revisionNumber: 0, createdAt: context.now };
  known.byShape.set(shape, created);
  known.ids.add(created.id);
  return { kind: 'created', entry: created };
}

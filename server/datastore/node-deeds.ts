/** What a group of concurrent calls does to nodes, in one transaction. Each node appears once in a group. Called by nodes.ts. */
import type { AttestOutcome } from '../nodes/node-store.ts';
import type { Node, NodeCertificate } from '../nodes/node.ts';
import { recordChanges } from './changes.ts';
import type { Queryable } from './database.ts';
import { ADD_NODES, toNodeRecord, UPSERT_NODES } from './node-rows.ts';

export type NodeDeed =
  | {
      readonly kind: 'attest';
      readonly id: string;
      readonly node: Node;
      readonly joinToken: string | undefined;
      readonly mustBeNew: boolean;
    }
  | { readonly kind: 'set-pending'; readonly id: string; readonly pending: NodeCertificate }
  | { readonly kind: 'activate-pending'; readonly id: string; readonly serialNumber: string }
  | { readonly kind: 'set-version'; readonly id: string; readonly version: string };

/** `missed`: there was no such node, or its certificate was another. */
export type NodeOutcome = AttestOutcome | 'done' | 'missed';

type Kind<K extends NodeDeed['kind']> = Extract<NodeDeed, { kind: K }>;

/** One outcome for each deed, in order. */
export async function doNodeDeeds(
  tx: Queryable,
  deeds: readonly NodeDeed[],
): Promise<readonly NodeOutcome[]> {
  await lockNodes(tx, deeds);
  const outcomes = new Map<string, NodeOutcome>();
  const changed = [
    ...(await attest(tx, ofKind(deeds, 'attest'), outcomes)),
    ...(await setPending(tx, ofKind(deeds, 'set-pending'))),
    ...(await activatePending(tx, ofKind(deeds, 'activate-pending'), outcomes)),
    ...(await setVersion(tx, ofKind(deeds, 'set-version'))),
  ];
  for (const id of changed) if (!outcomes.has(id)) outcomes.set(id, 'done');
  await recordChanges(tx, { nodes: changed });
  return deeds.map((deed) => outcomes.get(deed.id) ?? 'missed');
}

function ofKind<K extends NodeDeed['kind']>(deeds: readonly NodeDeed[], kind: K): readonly Kind<K>[] {
  return deeds.filter((deed): deed is Kind<K> => deed.kind === kind);
}

/** In the order of the ids, so that the groups of two servers never wait for each other in a circle. */
async function lockNodes(tx: Queryable, deeds: readonly NodeDeed[]): Promise<void> {
  await tx.query('select 1 from nodes where id = any($1) order by id for update', [
    deeds.map((deed) => deed.id),
  ]);
}

async function attest(
  tx: Queryable,
  deeds: readonly Kind<'attest'>[],
  outcomes: Map<string, NodeOutcome>,
): Promise<readonly string[]> {
  if (deeds.length === 0) return [];
  const tokens = await lockTokens(tx, deeds);
  const allowed = deeds.filter(({ joinToken }) => joinToken === undefined || tokens.delete(joinToken));
  for (const deed of deeds) outcomes.set(deed.id, allowed.includes(deed) ? refusalOf(deed) : 'token-gone');
  const stored = [
    ...(await write(
      tx,
      UPSERT_NODES,
      allowed.filter(({ mustBeNew }) => !mustBeNew),
    )),
    ...(await write(
      tx,
      ADD_NODES,
      allowed.filter(({ mustBeNew }) => mustBeNew),
    )),
  ];
  for (const id of stored) outcomes.set(id, 'stored');
  for (const id of await ofAnother(tx, allowed, outcomes)) outcomes.set(id, 'of-another');
  const used = allowed
    .filter((deed) => outcomes.get(deed.id) === 'stored')
    .flatMap((deed) => deed.joinToken ?? []);
  if (used.length > 0) await tx.query('delete from join_tokens where value = any($1)', [used]);
  return stored;
}

/** Why it was not written, if it was not. */
const refusalOf = ({ mustBeNew }: Kind<'attest'>): AttestOutcome => (mustBeNew ? 'known' : 'banned');

/** Of those that count as banned, the ones that are only another attestor's. */
async function ofAnother(
  tx: Queryable,
  deeds: readonly Kind<'attest'>[],
  outcomes: ReadonlyMap<string, NodeOutcome>,
): Promise<readonly string[]> {
  const left = deeds.map(({ id }) => id).filter((id) => outcomes.get(id) === 'banned');
  if (left.length === 0) return [];
  return idsOf(tx, 'select id from nodes where id = any($1) and serial_number is not null', [left]);
}

/** The ids of those that were written. */
async function write(
  tx: Queryable,
  sql: string,
  deeds: readonly Kind<'attest'>[],
): Promise<readonly string[]> {
  if (deeds.length === 0) return [];
  const records = JSON.stringify(deeds.map(({ node }) => toNodeRecord(node)));
  return (await tx.query<{ id: string }>(sql, [records])).map(({ id }) => id);
}

async function lockTokens(tx: Queryable, deeds: readonly Kind<'attest'>[]): Promise<Set<string>> {
  const values = deeds.flatMap((deed) => deed.joinToken ?? []);
  if (values.length === 0) return new Set();
  const rows = await tx.query<{ value: string }>(
    'select value from join_tokens where value = any($1) order by value for update',
    [values],
  );
  return new Set(rows.map(({ value }) => value));
}

async function setPending(tx: Queryable, deeds: readonly Kind<'set-pending'>[]): Promise<readonly string[]> {
  if (deeds.length === 0) return [];
  return idsOf(
    tx,
    `update nodes set pending_serial_number = given.serial, pending_expires_at = given.expires
     from unnest($1::text[], $2::text[], $3::timestamptz[]) as given (id, serial, expires)
     where nodes.id = given.id and nodes.serial_number is not null returning nodes.id`,
    [
      deeds.map(({ id }) => id),
      deeds.map(({ pending }) => pending.serialNumber),
      deeds.map(({ pending }) => pending.expiresAt),
    ],
  );
}

/** A certificate that is current already counts as done: another connection of the agent was first. */
async function activatePending(
  tx: Queryable,
  deeds: readonly Kind<'activate-pending'>[],
  outcomes: Map<string, NodeOutcome>,
): Promise<readonly string[]> {
  if (deeds.length === 0) return [];
  const values = [deeds.map(({ id }) => id), deeds.map(({ serialNumber }) => serialNumber)];
  const given = 'unnest($1::text[], $2::text[]) as given (id, serial)';
  const current = await idsOf(
    tx,
    `select nodes.id from nodes, ${given} where nodes.id = given.id and nodes.serial_number = given.serial`,
    values,
  );
  for (const id of current) outcomes.set(id, 'done');
  return idsOf(
    tx,
    `update nodes set serial_number = pending_serial_number, expires_at = pending_expires_at,
       pending_serial_number = null, pending_expires_at = null
     from ${given} where nodes.id = given.id and nodes.pending_serial_number = given.serial returning nodes.id`,
    values,
  );
}

async function setVersion(tx: Queryable, deeds: readonly Kind<'set-version'>[]): Promise<readonly string[]> {
  if (deeds.length === 0) return [];
  return idsOf(
    tx,
    `update nodes set agent_version = given.version from unnest($1::text[], $2::text[]) as given (id, version)
     where nodes.id = given.id and nodes.agent_version <> given.version returning nodes.id`,
    [deeds.map(({ id }) => id), deeds.map(({ version }) => version)],
  );
}

async function idsOf(tx: Queryable, sql: string, values: readonly unknown[]): Promise<readonly string[]> {
  return (await tx.query<{ id: string }>(sql, values)).map(({ id }) => id);
}

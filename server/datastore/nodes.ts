/** Attested nodes in Postgres. Made by open.ts. */
import type { Page, PageRequest, Show } from '../entries/entry-store.ts';
import type { AttestOutcome, NodeFilter, NodeStore } from '../nodes/node-store.ts';
import type { Node, NodeCertificate } from '../nodes/node.ts';
import { internal } from '../../shared/errors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { recordChanges } from './changes.ts';
import type { Database, Queryable } from './database.ts';
import { deleteEntries } from './entry-changes.ts';
import { sortedKeys } from './entry-rows.ts';
import { Grouping } from './grouping.ts';
import type { NodeDeed, NodeOutcome } from './node-deeds.ts';
import { doNodeDeeds } from './node-deeds.ts';
import type { NodeRow } from './node-rows.ts';
import { NODE_COLUMNS, toNode } from './node-rows.ts';
import { findTokenAliases } from './token-aliases.ts';
import { Conditions } from './list-query.ts';
import { SMALL_ROWS, type Lists } from './lists.ts';

const GROUP_MAX = 500;

export class PostgresNodes implements NodeStore {
  readonly #database: Database;
  readonly #lists: Lists;
  readonly #deeds: Grouping<NodeDeed, NodeOutcome>;

  constructor(database: Database, lists: Lists) {
    this.#database = database;
    this.#lists = lists;
    this.#deeds = new Grouping({
      run: (deeds) => database.transaction('read committed', (tx) => doNodeDeeds(tx, deeds)),
      keyOf: (deed) => deed.id,
      maxGroup: GROUP_MAX,
    });
  }

  async attest(node: Node, joinToken: string | undefined, mustBeNew = false): Promise<AttestOutcome> {
    const id = node.id.toString();
    const outcome = await this.#deeds.add({ kind: 'attest', id, node, joinToken, mustBeNew });
    if (outcome === 'done' || outcome === 'missed') throw internal('attestation had an unexpected outcome');
    return outcome;
  }

  async setPending(id: SpiffeId, pending: NodeCertificate): Promise<boolean> {
    return (await this.#deeds.add({ kind: 'set-pending', id: id.toString(), pending })) === 'done';
  }

  async activatePending(id: SpiffeId, serialNumber: string): Promise<boolean> {
    return (await this.#deeds.add({ kind: 'activate-pending', id: id.toString(), serialNumber })) === 'done';
  }

  async setAgentVersion(id: SpiffeId, version: string): Promise<void> {
    await this.#deeds.add({ kind: 'set-version', id: id.toString(), version });
  }

  async find(id: SpiffeId): Promise<Node | undefined> {
    const sql = `select item.row_id, ${NODE_COLUMNS} from nodes as item where item.id = $1`;
    const [row] = await this.#database.query<NodeRow>(sql, [id.toString()]);
    return row === undefined ? undefined : toNode(row);
  }

  async list<Shown>(filter: NodeFilter, page: PageRequest, show: Show<Node, Shown>): Promise<Page<Shown>> {
    const conditions = toConditions(filter);
    const query = { table: 'nodes', columns: NODE_COLUMNS, conditions, page } as const;
    return this.#lists.read({ query, toItem: toNode, pieceRows: SMALL_ROWS }, show);
  }

  async count(filter: NodeFilter): Promise<number> {
    const conditions = toConditions(filter);
    const [row] = await this.#database.query<{ count: number }>(
      `select count(*) as count from nodes as item where ${conditions.where}`,
      conditions.values,
    );
    return row?.count ?? 0;
  }

  remove(id: SpiffeId, how: 'ban' | 'evict'): Promise<boolean> {
    return this.#database.transaction('read committed', (tx) =>
      how === 'ban' ? ban(tx, id.toString()) : evict(tx, id.toString()),
    );
  }
}

async function ban(tx: Queryable, id: string): Promise<boolean> {
  const rows = await tx.query(
    `update nodes set serial_number = null, pending_serial_number = null, pending_expires_at = null
     where id = $1 returning id`,
    [id],
  );
  if (rows.length > 0) await recordChanges(tx, { nodes: [id] });
  return rows.length > 0;
}

/** The node goes, and with an agent that joined by token the entry that was created with the token (SPIRE: DeleteAgent). */
async function evict(tx: Queryable, id: string): Promise<boolean> {
  const [node] = await tx.query<{ attestation_type: string }>(
    'delete from nodes where id = $1 returning attestation_type',
    [id],
  );
  if (node === undefined) return false;
  const joined = node.attestation_type === 'join_token' ? [id] : [];
  const deleted = await deleteEntries(tx, await findTokenAliases(tx, joined));
  await recordChanges(tx, { entries: deleted, nodes: [id] });
  return true;
}

function toConditions(filter: NodeFilter): Conditions {
  const conditions = new Conditions();
  conditions.addIf('item.attestation_type = $', filter.byAttestationType);
  conditions.addIf('(item.serial_number is null) = $', filter.byBanned);
  conditions.addIf('item.can_reattest = $', filter.byCanReattest);
  conditions.addIf('item.expires_at < $', filter.byExpiresBefore);
  if (filter.bySelectors !== undefined) {
    conditions.addSet('item.selectors', sortedKeys(filter.bySelectors.selectors), filter.bySelectors.match);
  }
  return conditions;
}

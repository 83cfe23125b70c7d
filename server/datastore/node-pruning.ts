/** Deletes nodes and join tokens that ended long ago. Made by open.ts. */
import type { Fence } from '../housekeeping/lease-store.ts';
import type { ExpiredNodes, NodePruning } from '../nodes/node-pruning.ts';
import { agentId } from '../../shared/spiffe/reserved.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { recordChanges } from './changes.ts';
import type { Database } from './database.ts';
import { deleteEntries } from './entry-changes.ts';
import { holdLease } from './leases.ts';
import { findTokenAliases } from './token-aliases.ts';

const TOKEN_BATCH = 1_000;

/** Locked rows are somebody's who is coming back: they are passed over, and no two wait for each other in a circle. */
const PRUNE_NODES = `
  with doomed as (
    select id from nodes
    where expires_at < $1 and serial_number is not null and ($2 or can_reattest)
      and (pending_expires_at is null or pending_expires_at < $1)
    order by expires_at, id limit $3 for update skip locked)
  delete from nodes using doomed where nodes.id = doomed.id returning nodes.id, nodes.attestation_type`;

const PRUNE_TOKENS = `
  with doomed as (
    select value from join_tokens where expires_at < $1 order by expires_at, value limit $2 for update skip locked)
  delete from join_tokens using doomed where join_tokens.value = doomed.value returning join_tokens.value`;

export class PostgresNodePruning implements NodePruning {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  pruneNodes({ expiredBefore, includesTofu, limit }: ExpiredNodes, fence?: Fence): Promise<number> {
    return this.#database.transaction('read committed', async (tx) => {
      await holdLease(tx, fence);
      const nodes = await tx.query<{ id: string; attestation_type: string }>(PRUNE_NODES, [
        expiredBefore,
        includesTofu,
        limit,
      ]);
      const joined = nodes.filter((node) => node.attestation_type === 'join_token').map(({ id }) => id);
      const entries = await deleteEntries(tx, await findTokenAliases(tx, joined));
      await recordChanges(tx, { entries, nodes: nodes.map(({ id }) => id) });
      return nodes.length;
    });
  }

  async pruneTokens(trustDomain: TrustDomain, expiredBefore: Date, fence?: Fence): Promise<number> {
    let total = 0;
    for (let deleted = TOKEN_BATCH; deleted === TOKEN_BATCH; total += deleted)
      deleted = await this.#pruneTokenBatch(trustDomain, expiredBefore, fence);
    return total;
  }

  #pruneTokenBatch(trustDomain: TrustDomain, expiredBefore: Date, fence?: Fence): Promise<number> {
    return this.#database.transaction('read committed', async (tx) => {
      await holdLease(tx, fence);
      const tokens = await tx.query<{ value: string }>(PRUNE_TOKENS, [expiredBefore, TOKEN_BATCH]);
      const agents = tokens.map(({ value }) => agentId(trustDomain, `join_token/${value}`).toString());
      const entries = await deleteEntries(tx, await findTokenAliases(tx, agents));
      await recordChanges(tx, { entries });
      return tokens.length;
    });
  }
}

/** Deletes what is left of agents that do not come back. Implemented by datastore/node-pruning; listed in start/housekeeping. */
import { addSeconds, type Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { PruneNodesConfig } from '../config/prune-nodes-fields.ts';
import type { Fence } from '../housekeeping/lease-store.ts';

export interface ExpiredNodes {
  readonly expiredBefore: Date;
  /** Those too that cannot attest again: their proof was good for one time. */
  readonly includesTofu: boolean;
  readonly limit: number;
}

export interface NodePruning {
  /**
   * Deletes nodes whose certificates, current and pending, ended before that time; banned ones stay, for their ban. With
   * one that joined by token goes the entry that was made with the token. How many there were.
   */
  pruneNodes(which: ExpiredNodes, fence?: Fence): Promise<number>;
  /** Deletes tokens that ended unused, each with the entry that was made with it. How many there were. */
  pruneTokens(trustDomain: TrustDomain, expiredBefore: Date, fence?: Fence): Promise<number>;
}

export interface NodePruningNeeds {
  readonly pruning: NodePruning;
  readonly trustDomain: TrustDomain;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One batch, as with SPIRE. */
export async function pruneNodes(
  { pruning, clock, log }: NodePruningNeeds,
  { expiredForSeconds, batchSize, includesTofu }: PruneNodesConfig,
  fence: Fence,
): Promise<void> {
  const expiredBefore = addSeconds(clock.now(), -expiredForSeconds);
  const count = await pruning.pruneNodes({ expiredBefore, includesTofu, limit: batchSize }, fence);
  if (count > 0) log.info('records of agents that expired long ago deleted', { count });
}

/** For a day whoever comes too late is told so, and not that there is no such token. */
const TOKEN_KEPT_SECONDS = 86_400;

/** DIVERGES: SPIRE keeps tokens that nobody used for ever, and the entries that were made with them. */
export async function pruneTokens(
  { pruning, trustDomain, clock, log }: NodePruningNeeds,
  fence: Fence,
): Promise<void> {
  const count = await pruning.pruneTokens(trustDomain, addSeconds(clock.now(), -TOKEN_KEPT_SECONDS), fence);
  if (count > 0) log.info('join tokens that nobody used deleted', { count });
}

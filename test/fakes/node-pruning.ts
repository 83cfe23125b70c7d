/** Pruning of the nodes and join tokens of a datastore in memory. */
import type { ExpiredNodes, NodePruning } from '../../server/nodes/node-pruning.ts';
import { agentId } from '../../shared/spiffe/reserved.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { FakeJoinTokenStore } from './join-token-store.ts';
import type { FakeNodeStore } from './node-store.ts';

export interface PrunedStores {
  readonly nodes: FakeNodeStore;
  readonly joinTokens: FakeJoinTokenStore;
}

export class FakeNodePruning implements NodePruning {
  readonly #stores: PrunedStores;

  constructor(stores: PrunedStores) {
    this.#stores = stores;
  }

  async pruneNodes({ expiredBefore, includesTofu, limit }: ExpiredNodes): Promise<number> {
    const { nodes } = this.#stores;
    const endOf = (at: Date | undefined): number => at?.getTime() ?? 0;
    const doomed = [...nodes.feed.items.values()]
      .filter(({ current, pending, canReattest }) => {
        if (current === undefined || !(includesTofu || canReattest)) return false;
        return [current, pending].every((one) => one === undefined || one.expiresAt < expiredBefore);
      })
      .sort((a, b) => endOf(a.current?.expiresAt) - endOf(b.current?.expiresAt))
      .slice(0, limit);
    for (const { id } of doomed) await nodes.remove(id, 'evict');
    return doomed.length;
  }

  async pruneTokens(trustDomain: TrustDomain, expiredBefore: Date): Promise<number> {
    const { nodes, joinTokens } = this.#stores;
    const doomed = joinTokens.expiredBefore(expiredBefore);
    for (const { value } of doomed) {
      await joinTokens.delete(value);
      await nodes.deleteAliases(agentId(trustDomain, `join_token/${value}`));
    }
    return doomed.length;
  }
}

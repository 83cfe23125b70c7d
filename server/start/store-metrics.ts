/** Each call of the stores, counted and timed under SPIRE's name for the deed. Called by server.ts. */
import { measuring, type Metrics } from '../../shared/telemetry/metrics.ts';
import type { Datastore } from '../datastore/open.ts';

/** Methods that SPIRE has no name for are not counted. */
export function measuredStore(store: Datastore, metrics: Metrics): Datastore {
  return {
    plans: store.plans,
    journals: store.journals,
    leases: store.leases,
    peers: store.peers,
    nodePruning: store.nodePruning,
    relationships: store.relationships,
    pruneChanges: (fence) => store.pruneChanges(fence),
    now: () => store.now(),
    health: () => store.health(),
    close: () => store.close(),
    entries: measuring(store.entries, metrics, {
      create: 'datastore.registration_entry.create',
      update: 'datastore.registration_entry.update',
      delete: 'datastore.registration_entry.delete',
      find: 'datastore.registration_entry.fetch',
      list: 'datastore.registration_entry.list',
      count: 'datastore.registration_entry.count',
      prune: 'datastore.registration_entry.prune',
    }),
    nodes: measuring(store.nodes, metrics, {
      attest: 'datastore.node.create',
      find: 'datastore.node.fetch',
      setPending: 'datastore.node.update',
      activatePending: 'datastore.node.update',
      list: 'datastore.node.list',
      count: 'datastore.node.count',
      remove: 'datastore.node.delete',
    }),
    joinTokens: measuring(store.joinTokens, metrics, {
      create: 'datastore.join_token.create',
      find: 'datastore.join_token.fetch',
      delete: 'datastore.join_token.delete',
    }),
    ...measuredBundles(store, metrics),
    entryFeed: measuring(store.entryFeed, metrics, {
      changesAfter: 'datastore.registration_entry_event.list',
    }),
    nodeFeed: measuring(store.nodeFeed, metrics, { changesAfter: 'datastore.node_event.list' }),
  };
}

const measuredBundles = (store: Datastore, metrics: Metrics) => ({
  bundles: measuring(store.bundles, metrics, {
    find: 'datastore.bundle.fetch',
    append: 'datastore.bundle.append',
    prune: 'datastore.bundle.prune',
    count: 'datastore.bundle.count',
  }),
  federatedBundles: measuring(store.federatedBundles, metrics, {
    create: 'datastore.bundle.create',
    update: 'datastore.bundle.update',
    set: 'datastore.bundle.set',
    delete: 'datastore.bundle.delete',
    list: 'datastore.bundle.list',
  }),
});

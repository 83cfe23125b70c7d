/** What the server knows and keeps up to date, each part made once and given to the others. Called by server.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import { counting, type Metrics, noMetrics } from '../../shared/telemetry/metrics.ts';
import { AdminBundles } from '../bundle/admin-bundles.ts';
import { BundleCache } from '../bundle/bundle-cache.ts';
import { ForeignBundles } from '../bundle/foreign-bundles.ts';
import { ClusterClock } from '../ca/cluster-clock.ts';
import { LocalAuthorities } from '../ca/local-authorities.ts';
import { X509Ca } from '../ca/x509-ca.ts';
import type { ServerConfig } from '../config.ts';
import { makeCredentialComposers } from '../credential-composer/registry.ts';
import type { Datastore } from '../datastore/open.ts';
import { AuthorizedEntries } from '../entries/authorized-entries.ts';
import { EntryHistory } from '../entries/entry-history.ts';
import { IndexRefresher } from '../entries/refresh.ts';
import { makeKeyManager } from '../key-manager/registry.ts';
import { AgentCheck } from '../nodes/check-agent.ts';
import { NodeCache } from '../nodes/node-cache.ts';
import { makeUpstreamAuthority } from '../upstream-authority/registry.ts';
import { tokenIssuers } from './token-issuers.ts';

export interface ServerStateNeeds {
  readonly config: ServerConfig;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics?: Metrics | undefined;
}

/** What nearly every part needs. */
export const common = ({ config, log, clock, random }: ServerStateNeeds) => ({
  trustDomain: config.trustDomain,
  log,
  clock,
  random,
});

export function makeState(needs: ServerStateNeeds, store: Datastore) {
  const { config, clock } = needs;
  const { bundles } = store;
  const shared = common(needs);
  const entries = entryState(needs, store);
  const nodeCache = new NodeCache({
    clock,
    onSelectors: (id, selectors) => entries.index.setAgentSelectors(id, selectors),
  });
  const nodeRefresh = new IndexRefresher({
    ...shared,
    name: 'nodes',
    feed: store.nodeFeed,
    replica: nodeCache,
  });
  const agentCheck = new AgentCheck({
    cache: nodeCache,
    refresh: nodeRefresh,
    store: store.nodes,
    clock,
    maxStalenessMs: config.maxAttestedNodeInfoStalenessSeconds * 1_000,
  });
  return {
    ...signing(needs, store),
    ...bundleCaches(needs, bundles, entries.index),
    ...entries,
    nodeCache,
    nodeRefresh,
    agentCheck,
  };
}

const SIGNED = {
  signX509Svid: 'server_ca.sign.x509_svid',
  signAgentSvid: 'server_ca.sign.x509_svid',
  signServerSvid: 'server_ca.sign.x509_svid',
};

/** Who signs, and with what. */
function signing(needs: ServerStateNeeds, store: Datastore) {
  const { config, metrics = noMetrics } = needs;
  const { bundles, journals } = store;
  const shared = common(needs);
  const keyManager = makeKeyManager(config.keyManager);
  const clusterClock = new ClusterClock({ ...shared, databaseNow: () => store.now() });
  const { jwt, wit } = config;
  const upstreamAuthority = makeUpstreamAuthority(config.upstreamAuthority, shared);
  const kept = { keyManager, upstreamAuthority, journals, bundles };
  const authorities = new LocalAuthorities({ ...shared, ...kept, config: config.ca, jwt, wit });
  const issuers = tokenIssuers({ ...shared, config, authorities, clusterClock, metrics });
  const composers = makeCredentialComposers(config.credentialComposers);
  const signed = { ...shared, authorities: authorities.x509, clusterClock };
  const ca = counting(new X509Ca({ ...signed, config: config.ca, composers }), metrics, SIGNED);
  return { clusterClock, authorities, ca, issuers };
}

/** Bundles in memory: the own one, those that verify administrators, those that agents ask for. */
function bundleCaches(
  needs: ServerStateNeeds,
  bundles: Datastore['bundles'],
  changes: Pick<AuthorizedEntries, 'position'>,
) {
  const shared = common(needs);
  return {
    bundle: new BundleCache({ ...shared, bundles }),
    adminBundles: new AdminBundles({ ...shared, adminIds: needs.config.adminIds, bundles }),
    foreignBundles: new ForeignBundles({ bundles, changes, clock: needs.clock }),
  };
}

function entryState(needs: ServerStateNeeds, store: Datastore) {
  const shared = common(needs);
  const index = new AuthorizedEntries(shared);
  const history = new EntryHistory(index);
  const entryRefresh = new IndexRefresher({
    ...shared,
    name: 'entries',
    feed: store.entryFeed,
    replica: history,
  });
  return { index, history, entryRefresh };
}

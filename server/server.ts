/**
 * The server, put together: read this first. `compose` builds every part and gives each what it needs; its `parts` is
 * the order in which they start (and, backwards, stop). Called by server/cli/run and deploy/up.
 */
import type { Clock } from '../shared/clock.ts';
import type { LogThreshold } from '../shared/log/log-level.ts';
import type { Logger } from '../shared/log/logger.ts';
import type { Random } from '../shared/random.ts';
import { withReflection } from '../shared/rpc/reflection/server-reflection-info.ts';
import { type Part, Running } from '../shared/tasks.ts';
import { makeTelemetry, type Telemetry } from '../shared/telemetry/make-telemetry.ts';
import { Authorizer } from './api/gate/authorize.ts';
import { Callers } from './api/gate/caller.ts';
import { gate as makeGate } from './api/gate/order.ts';
import { RateLimiter } from './api/gate/rate-limit.ts';
import { Roles } from './api/gate/roles.ts';
import type { Limit } from './api/gate/rules.ts';
import { SigningTurns } from './api/gate/signing-turns.ts';
import { localRoutes, type LocalRoutesNeeds, routes as makeRoutes, type RoutesNeeds } from './api/routes.ts';
import { WatchHub } from './api/sync/watch-hub.ts';
import { systemHostAddresses } from './attest-node/host-addresses.ts';
import { makeNodeAttestors } from './attest-node/registry.ts';
import { BundleReach } from './cluster/bundle-reach.ts';
import { Joining } from './cluster/joining.ts';
import { Presence } from './cluster/presence.ts';
import type { ServerConfig } from './config.ts';
import type { Role } from './config/roles-fields.ts';
import { datastoreConfig } from './datastore-config.ts';
import { type Datastore, openDatastore } from './datastore/open.ts';
import { AgentListener } from './listen/agents.ts';
import { LocalListener } from './listen/local.ts';
import { OwnSvid } from './listen/own-svid.ts';
import { housekeeping } from './start/housekeeping.ts';
import { metricsParts, watch } from './start/metrics.ts';
import { healthParts } from './start/own-health.ts';
import { common, makeState } from './start/server-state.ts';
import { measuredStore } from './start/store-metrics.ts';

export interface ServerNeeds {
  readonly config: ServerConfig;
  readonly log: Logger;
  /** The level of `log`, which the Logger API changes. */
  readonly threshold: LogThreshold;
  readonly clock: Clock;
  readonly random: Random;
  /** An open one, which stays open; without it, the configured one is opened and closed. */
  readonly datastore?: Datastore;
  /** Of one address without a valid certificate in a quarter of a second; 1 MB without it. */
  readonly inputMaxBytes?: number | undefined;
}

export interface Server {
  /** The port for agents. Throws CodedError, fit for the operator to read, when a part cannot start. */
  start(): Promise<{ readonly port: number }>;
  /** Lets these roles count from the next call on. */
  takeRoles(roles: readonly Role[]): void;
  /** Ends everything, in reverse order. Never throws. */
  stop(): Promise<void>;
}

export function createServer(needs: ServerNeeds): Server {
  const running = new Running();
  const { config } = needs;
  const roles = new Roles({ roles: config.roles, adminIds: config.adminIds, ownUid: process.geteuid?.() });
  return {
    takeRoles: (next) => roles.replace(next),
    start: async () => {
      const store = new OpenedDatastore(needs);
      await running.start([store]);
      const telemetry = await makeTelemetry({ program: 'server', config, log: needs.log });
      const { metrics } = telemetry;
      const opened = store.get();
      const measured = metrics === undefined ? opened : measuredStore(opened, metrics);
      const { parts, agents } = compose({ needs, roles, store: measured, telemetry });
      await running.start(parts);
      needs.log.info('server is up', { trustDomain: config.trustDomain.name, port: agents.port });
      return { port: agents.port };
    },
    stop: async () => {
      const failures = await running.stop();
      for (const failure of failures) needs.log.warn('a part did not stop cleanly', { failure });
      needs.log.info('server has stopped');
    },
  };
}

class OpenedDatastore implements Part {
  readonly name = 'datastore';
  readonly #needs: ServerNeeds;
  #store: Datastore | undefined;

  constructor(needs: ServerNeeds) {
    this.#needs = needs;
    this.#store = needs.datastore;
  }

  async start(signal: AbortSignal): Promise<void> {
    const { config, log, clock, random } = this.#needs;
    this.#store ??= await openDatastore({
      config: datastoreConfig(config.datastore),
      log,
      clock,
      random,
      signal,
    });
  }

  async stop(): Promise<void> {
    if (this.#needs.datastore === undefined) await this.#store?.close();
  }

  get(): Datastore {
    if (this.#store === undefined) throw new Error('the datastore is not open');
    return this.#store;
  }
}

/** What there is before anything is built. */
interface Given {
  readonly needs: ServerNeeds;
  readonly roles: Roles;
  readonly store: Datastore;
  readonly telemetry: Telemetry;
}

/** Everything that one part of the composition hands to the next. */
interface Building extends Given {
  readonly state: ReturnType<typeof makeState>;
}

function compose(given: Given) {
  const { needs, store, telemetry } = given;
  const { metrics } = telemetry;
  const { clock, config, log } = needs;
  const state = makeState({ ...needs, metrics }, store);
  const building = { ...given, state };
  const { authorities, ca, bundle, adminBundles, foreignBundles, entryRefresh, nodeRefresh } = state;
  const callers = makeCallers(building);
  const rotating = [authorities.x509, authorities.jwt, authorities.wit].filter((one) => one !== undefined);
  const ownSvid = new OwnSvid({ trustDomain: needs.config.trustDomain, ca, bundle, clock, log });
  const hub = new WatchHub({ ...state, agents: state.agentCheck, nodesRefresh: nodeRefresh, clock });
  const reach = new BundleReach({ clock, streaming: () => hub.agentIds });
  const { local, agents } = makeDoors(building, { callers, ownSvid, hub, reach });
  const { joining, presence } = clusterParts(building, reach);
  if (metrics !== undefined) watch(metrics, { ...common(needs), ...state, hub });
  const parts: readonly Part[] = [
    ...telemetry.parts,
    state.clusterClock,
    joining.before,
    authorities,
    bundle, // after the authorities, which make it at the first start
    adminBundles,
    foreignBundles,
    nodeRefresh,
    entryRefresh,
    housekeeping({ ...needs, store }),
    hub,
    joining.wait, // before any door opens, and before the server has an SVID that nobody believes
    presence,
    ownSvid,
    local,
    agents,
    ...metricsParts({ config, ...telemetry, ownSvid, callers, log }),
    ...healthParts({ ...needs, ca, authorities: rotating, checkDatabase: () => store.health() }),
  ];
  return { parts, agents };
}

/** What a server knows of the others on its database. */
function clusterParts({ needs, store, state }: Building, reach: BundleReach) {
  const { bundles, peers } = store;
  const { ca, bundle } = state;
  const waitSeconds = needs.config.newAuthorityWaitSeconds;
  return {
    joining: new Joining({ ...common(needs), bundles, peers, waitSeconds }),
    presence: new Presence({ ...common(needs), peers, reach, bundle, ca }),
  };
}

const makeCallers = ({ needs: { config, clock }, state }: Building): Callers =>
  new Callers({
    trustDomain: config.trustDomain,
    bundle: state.bundle,
    adminBundles: state.adminBundles,
    adminIds: config.adminIds,
    clock,
  });

interface DoorParts {
  readonly callers: Callers;
  readonly ownSvid: OwnSvid;
  readonly hub: WatchHub;
  readonly reach: BundleReach;
}

/** The listeners, and what stands between them and the handlers. */
function makeDoors(building: Building, { callers, ownSvid, hub, reach }: DoorParts) {
  const { needs, roles, state } = building;
  const { config, log, random, clock } = needs;
  const authorizer = new Authorizer({
    adminIds: config.adminIds,
    roles,
    entries: state.index,
    refresh: state.entryRefresh,
    agents: state.agentCheck,
  });
  const limiter = new RateLimiter({ clock, off: limitsOff(config.rateLimit) });
  const judges = { callers, authorizer, limiter, metrics: building.telemetry.metrics };
  const gate = makeGate({ log, random, ...judges, isAudited: config.auditLogEnabled });
  const routes = makeRoutes(routesNeeds(building, hub, reach));
  const { socketPath, bindAddress: host, bindPort: port, requirePqKem } = config;
  const withLocal = { ...routes, ...localRoutes(localRoutesNeeds(building, ownSvid)) };
  const door = { host, port, requirePqKem, ownSvid, callers, inputMaxBytes: needs.inputMaxBytes };
  return {
    local: new LocalListener({ socketPath, routes: withReflection(withLocal), gate, log, loadFinder }),
    agents: new AgentListener({ ...door, routes: withReflection(routes), gate, clock, log }),
  };
}

function localRoutesNeeds({ needs, store, state }: Building, ownSvid: OwnSvid): LocalRoutesNeeds {
  const { clock, threshold } = needs;
  const { entries, nodes, bundles } = store;
  const { bundle, index, nodeCache } = state;
  const checkHealth = async (): Promise<void> => {
    state.ca.checkCanSign();
    await store.health();
  };
  return {
    health: { checkHealth, clock },
    explain: { entries, nodes, index, refresh: state.entryRefresh, clock },
    logger: { threshold },
    imports: state.authorities.byHand(() => bundle.refresh()).imports,
    debug: {
      clock,
      startedMs: clock.monotonicMs(),
      ownSvid,
      bundle,
      bundles,
      agents: nodeCache,
      entries: index,
    },
  };
}

/** Native code, which need not be there. */
const loadFinder = async () => (await import('./listen/local-process.ts')).processFinder();

function routesNeeds({ needs, store, state }: Building, hub: WatchHub, reach: BundleReach): RoutesNeeds {
  const { config, clock } = needs;
  const { authorities, ca, bundle, foreignBundles, index, history } = state;
  const attestors = makeNodeAttestors(config.nodeAttestors, {
    ...common(needs),
    joinTokens: store.joinTokens,
    addressesOf: systemHostAddresses,
    ownAuthorities: () => bundle.current().x509Authorities.map(({ certificate }) => certificate),
  });
  const entries = { index, history, refresh: state.entryRefresh };
  const turns = new SigningTurns({ clock, random: needs.random });
  return {
    agent: {
      ...common(needs),
      nodes: store.nodes,
      joinTokens: store.joinTokens,
      refresh: state.nodeRefresh,
      attestors,
      ca,
      agentTtlSeconds: config.ca.agentTtlSeconds,
      turns,
    },
    entry: { ...common(needs), ...entries, entries: store.entries, plans: store.plans },
    svid: { ...common(needs), ...entries, ca, bundle, ...state.issuers, turns },
    bundle: {
      ...common(needs),
      bundle,
      bundles: store.bundles,
      federatedBundles: store.federatedBundles,
      foreignBundles,
      witCa: state.issuers.witCa,
      reach,
    },
    trustDomain: { ...common(needs), bundles: store.bundles, relationships: store.relationships },
    localAuthority: authorities.byHand(() => bundle.refresh()),
    sync: { hub },
  };
}

function limitsOff({ attestation, signing }: ServerConfig['rateLimit']): ReadonlySet<Limit> {
  const off = new Set<Limit>();
  if (!attestation) off.add('attestation');
  if (!signing) for (const limit of ['csr', 'jwt', 'wit'] as const) off.add(limit);
  return off;
}

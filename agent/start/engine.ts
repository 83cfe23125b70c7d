/**
 * Everything of the agent that talks to its server once there is an SVID to do it with: the connection, the rounds of
 * synchronisation, SVIDs for workloads, the rotation of the agent's own. Made by agent.ts.
 */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { messageOf } from '../../shared/errors.ts';
import { standingOf } from '../../shared/svid/standing.ts';
import { measuring, noMetrics } from '../../shared/telemetry/metrics.ts';
import { OwnSvidRotation } from '../agent-svid/rotate.ts';
import { BundleCache } from '../cache/bundle-cache.ts';
import type { JwtSource } from '../cache/jwt-source.ts';
import type { Kept } from '../cache/kept.ts';
import { SvidCache } from '../cache/svid-cache.ts';
import { x509Kind } from '../cache/x509-kind.ts';
import { renewalTime } from '../renewal-time.ts';
import { attest } from './enrol.ts';
import { jwtSourceOf } from './jwt-source.ts';
import { together, type WitEngine, witEngineOf } from './wit-engine.ts';
import { keep, type KeepParts } from './keep.ts';
import { AgentClient } from '../server-link/agent-client.ts';
import { BundleClient } from '../server-link/bundle-client.ts';
import { ServerConnection } from '../server-link/connection.ts';
import { EntryClient } from '../server-link/entry-client.ts';
import { SvidClient } from '../server-link/svid-client.ts';
import { tlsIdentityOf } from '../server-link/tls-identity.ts';
import { verifyServer } from '../server-link/verify-server.ts';
import { WatchClient } from '../server-link/watch-client.ts';
import { AuthorizedEntries } from '../sync/authorized-entries.ts';
import { Positions } from '../sync/position.ts';
import { SvidRenewal } from '../sync/renew-svids.ts';
import { X509Signing } from '../sync/sign-x509.ts';
import { type SyncParts, Synchronizer } from '../sync/sync.ts';
import { ChangeWatch } from '../sync/watch.ts';
import { withdrawExpired } from '../sync/withdraw-expired.ts';

export interface EngineParts extends KeepParts {
  /** The bundle that the agent starts with. */
  readonly bundle: Bundle;
  /** What a call to the server failed with: it may be that the server no longer honours the agent. */
  readonly onFailed: (error: unknown) => void;
  /** A failed renewal of the agent's own SVID. */
  readonly onRotationFailed: (error: unknown) => void;
  /** Aborted when the agent stops. */
  readonly stopping: AbortSignal;
}

export interface Engine {
  readonly connection: ServerConnection;
  readonly bundles: BundleCache;
  readonly cache: SvidCache;
  readonly jwtSvids: JwtSource;
  /** Undefined unless WIT-SVIDs are turned on. */
  readonly wit: WitEngine | undefined;
  readonly agents: AgentClient;
  readonly synchronizer: Synchronizer;
  readonly rotation: OwnSvidRotation;
  readonly kept: Kept;
  /** Every loop, that of synchronisation once its first round is over; resolves when the signal has ended them. */
  run(signal: AbortSignal, firstRound: Promise<void>): Promise<void>;
}

export function makeEngine(parts: EngineParts): Engine {
  const { clock, log } = parts;
  const positions = new Positions();
  const bundles = new BundleCache(parts.bundle);
  const connection = connect(parts, bundles);
  const agents = new AgentClient(connection, positions);
  const wake = (): void => {
    renewal.wake();
    wit?.wake();
  };
  const cache = svidCache(parts, bundles, { onWanted: wake, onChanged: () => kept.changed() });
  const authorized = authorizedEntries(parts, connection, positions);
  const kept = keep(parts, { cache, bundles, positions, authorized });
  const links: Links = { connection, positions, bundles, cache, agents, authorized };
  const jwtSvids = jwtSourceOf(parts, links);
  const wit = witEngineOf(parts, links, () => synchronizer.serverAnswered());
  const renewal = renewalOf(parts, links, () => synchronizer.serverAnswered());
  const reconnect = (): void => {
    connection.replace();
    watch.reconnected();
  };
  const synchronizer = synchronizerOf(parts, links, {
    cache: wit === undefined ? cache : together(cache, wit.cache),
    onApplied: () => {
      jwtSvids.entriesChanged();
      jwtSvids.bundleChanged(bundles.own);
      wake();
    },
    onServerDisowned: reconnect,
    onRecovered: () => {
      wake();
      watch.reconnected();
    },
  });
  const watch = watchOf(parts, connection, synchronizer);
  const rotation = rotationOf(parts, links, reconnect);
  const run = async (signal: AbortSignal, firstRound: Promise<void>): Promise<void> => {
    await Promise.all([
      firstRound.then(() => synchronizer.run(signal)),
      kept.run(signal),
      watch.run(signal),
      renewal.run(signal),
      withdrawExpired({ cache, onWithdrawn: wake, clock, log }, signal),
      rotation.run(signal),
      wit?.run(signal),
    ]);
  };
  return { connection, bundles, cache, jwtSvids, wit, agents, synchronizer, rotation, kept, run };
}

interface Links {
  readonly connection: ServerConnection;
  readonly positions: Positions;
  readonly bundles: BundleCache;
  readonly cache: SvidCache;
  readonly agents: AgentClient;
  readonly authorized: AuthorizedEntries;
}

function svidCache(
  { config, clock, random, log }: EngineParts,
  bundles: BundleCache,
  callbacks: { readonly onWanted: () => void; readonly onChanged: () => void },
): SvidCache {
  const { availabilityTargetSeconds, x509SvidCacheMaxSize: maxSvids } = config;
  return new SvidCache({
    kind: x509Kind,
    bundles,
    maxSvids,
    renewalTime: (validity) => renewalTime(validity, { random, availabilityTargetSeconds }),
    ...callbacks,
    clock,
    log,
  });
}

function authorizedEntries(
  { config, log }: EngineParts,
  connection: ServerConnection,
  positions: Positions,
): AuthorizedEntries {
  const { trustDomain, useSyncAuthorizedEntries: useSync } = config;
  const source = new EntryClient({ connection, positions, trustDomain, log });
  return new AuthorizedEntries({ source, positions, useSync });
}

function connect({ config, own, clock }: EngineParts, bundles: BundleCache): ServerConnection {
  const { trustDomain } = config;
  return new ServerConnection({
    host: config.serverAddress,
    port: config.serverPort,
    trustDomain,
    requirePqKem: config.requirePqKem,
    identity: () => (own.current === undefined ? undefined : tlsIdentityOf(own.current)),
    verifyServer: verifyServer({
      trust: () => ({ kind: 'authorities', authorities: ownAuthorities(bundles) }),
      trustDomain,
      clock,
    }),
  });
}

const ownAuthorities = (bundles: BundleCache): readonly Uint8Array[] =>
  bundles.own.x509Authorities.map(({ certificate }) => certificate);

function renewalOf(parts: EngineParts, links: Links, onRecovered: () => void): SvidRenewal {
  const { config, onFailed, metrics = noMetrics, clock, random, log } = parts;
  const { cache, bundles, connection, positions } = links;
  return new SvidRenewal({
    cache,
    signing: new X509Signing({
      bundles,
      issuer: measuring(new SvidClient(connection, positions), metrics, {
        newX509Svids: 'manager.sync.fetch_svids_updates',
      }),
      keyType: config.workloadKeyType,
      availabilityTargetSeconds: config.availabilityTargetSeconds,
      clock,
      log,
    }),
    onFailed,
    onRecovered,
    clock,
    random,
    log,
  });
}

interface SyncCallbacks extends Pick<SyncParts, 'cache' | 'onApplied' | 'onRecovered'> {
  readonly onServerDisowned: () => void;
}

function synchronizerOf(
  parts: EngineParts,
  { connection, positions, bundles, authorized: entries }: Links,
  { onServerDisowned, ...callbacks }: SyncCallbacks,
): Synchronizer {
  const { config, onFailed, metrics = noMetrics, clock, random, log } = parts;
  const { trustDomain, syncIntervalSeconds } = config;
  return new Synchronizer({
    entries: measuring(entries, metrics, { fetch: 'manager.sync.fetch_entries_updates' }),
    bundleSource: new BundleClient(connection, trustDomain, positions),
    bundles,
    positions,
    ...callbacks,
    onBundle: (bundle) => {
      keepBundle(parts, bundle);
      if (isServerDisowned(connection, bundle)) onServerDisowned();
    },
    onFailed,
    intervalMs: syncIntervalSeconds * 1_000,
    clock,
    random,
    log,
  });
}

function watchOf(parts: EngineParts, connection: ServerConnection, synchronizer: Synchronizer): ChangeWatch {
  const { onFailed, clock, random, log } = parts;
  return new ChangeWatch({
    source: new WatchClient(connection),
    onHint: (hint) => synchronizer.hint(hint),
    onPushing: (isPushing) => synchronizer.setPushing(isPushing),
    onFailed,
    clock,
    random,
    log,
  });
}

function rotationOf(parts: EngineParts, { agents, bundles }: Links, onRotated: () => void): OwnSvidRotation {
  const { own, keys, config, metrics = noMetrics, clock, random, log, stopping } = parts;
  return new OwnSvidRotation({
    own,
    keys,
    server: measuring(agents, metrics, { renewAgent: 'agent_svid.rotate' }),
    attest: async () => {
      const trust = { kind: 'authorities', authorities: ownAuthorities(bundles) } as const;
      return (await attest(parts, trust, stopping)).agentSvid;
    },
    authorities: () => bundles.own.x509Authorities,
    trustDomain: config.trustDomain,
    onRotated,
    onFailed: parts.onRotationFailed,
    clock,
    random,
    log,
  });
}

/** A connection outlives the verdict that began it: that the server's authority was revoked is looked at when it is news. */
const isServerDisowned = ({ serverChain }: ServerConnection, { x509Authorities }: Bundle): boolean =>
  serverChain !== undefined && standingOf(serverChain, x509Authorities) === 'gone';

/** For the next start. That the disk is full must not keep the bundle from workloads. */
function keepBundle({ state, log }: EngineParts, bundle: Bundle): void {
  try {
    state.store({ bundle: bundle.x509Authorities.map(({ certificate }) => certificate) });
  } catch (error) {
    log.error('bundle cannot be stored for the next start', { error: messageOf(error) });
  }
}

/** The agent's admin socket: for the operator of this machine and for delegates, never for workloads. Started by agent.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { RpcServer } from '../../shared/rpc/server.ts';
import { UnixListener } from '../../shared/rpc/unix-listener.ts';
import type { Part } from '../../shared/tasks.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import type { PeerSource } from '../attest-workload/peer-info.ts';
import type { AgentConfig } from '../config.ts';
import { countCalls } from '../count-calls.ts';
import { Rates } from '../rates.ts';
import { Places } from '../workload-api/places.ts';
import { Shares } from '../workload-api/shares.ts';
import { throughFront } from '../workload-api/through-front.ts';
import { accept } from './accept.ts';
import type { AdminCaller } from './caller.ts';
import type { Delegates } from './delegates.ts';
import { type AdminContext, gate } from './gate.ts';
import { routes, type RoutesDeps } from './routes.ts';

export interface AdminApiDeps {
  readonly config: Pick<AgentConfig, 'adminSocketPath' | 'isAdminSocketShared'>;
  readonly routes: RoutesDeps;
  readonly delegates: Pick<Delegates, 'admit'>;
  readonly peers: Pick<PeerSource, 'credentials' | 'capture'>;
  /** Undefined: nobody reads them. */
  readonly metrics?: Metrics | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: the user of this process. */
  readonly ownUid?: number;
  /** Default: more than delegates need. */
  readonly connectionsMax?: number;
}

/** SPIRE's where it is configured, so that delegates in the agent's group get in; else for its owner alone. */
const SHARED = { socketMode: 0o770, directoryMode: 0o750 };
const OWN = { socketMode: 0o600, directoryMode: 0o700 };

const CONNECTIONS_MAX = 512;
const CALLS_MAX = 4_000; // a delegate has a stream for each workload of the machine; each may hold a quarter of a megabyte
const MAX_CONCURRENT_STREAMS = 4_000; // SPIRE has no limit: what is above it would wait without a word
const CHANNEL = {
  'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
  'grpc.max_receive_message_length': 1024 * 1024, // thousands of selectors
};
const CALL_RATE = { perSecond: 1_000, burst: 4_000 };
const LINES = { perSecond: 1, burst: 50 };

const half = (total: number) => ({ total, perUid: Math.ceil(total / 2) });

/** Throws Unavailable from `start` when the socket cannot be had. */
export function adminApi(deps: AdminApiDeps): Part {
  const { config, peers, clock, log, connectionsMax = CONNECTIONS_MAX } = deps;
  const server = serverOf(deps);
  const places = new Places(new Shares(half(connectionsMax)));
  const front = throughFront<AdminCaller>({
    clock,
    log,
    places,
    uidOf: (caller) => (caller.kind === 'process' ? caller.uid : undefined),
    inject: (socket, caller) => server.inject(socket, caller, holderOf(caller)),
    maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
  });
  const { adminSocketPath: path, isAdminSocketShared } = config;
  const listener = new UnixListener({
    path,
    ...(isAdminSocketShared ? SHARED : OWN),
    onConnection: accept({ peers, places, inject: front.inject, log }),
    onError: (error) => log.error('a connection was not accepted', { error: error.message }),
  });
  return {
    name: 'admin-api',
    start: async () => {
      await listener.listen();
      front.start();
      log.info('serving the admin API', { socketPath: path });
    },
    stop: async () => {
      listener.close();
      await front.stop();
      await server.stop();
    },
  };
}

function serverOf(deps: AdminApiDeps): RpcServer<AdminCaller, AdminContext> {
  const { delegates, metrics, clock, log, ownUid = process.geteuid?.() ?? 0 } = deps;
  const served = routes(deps.routes);
  const guarded = gate({
    delegates,
    ownUid,
    calls: new Shares(half(CALLS_MAX)),
    rates: new Rates(CALL_RATE, clock),
    lines: new Rates(LINES, clock),
    log,
  });
  return new RpcServer({
    routes: served,
    gate: countCalls(metrics, Object.keys(served), guarded),
    channelOptions: CHANNEL,
  });
}

/** One user's connections share a bound of what they make the agent hold. */
const holderOf = (caller: AdminCaller): string =>
  caller.kind === 'process' ? `user ${caller.uid}` : 'those that are refused';

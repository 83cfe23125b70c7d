/** The Workload API's Unix socket (facts/spire 9): from the accepted connection to its handlers. Started by agent.ts. */
import type { Socket } from 'node:net';
import type { Random } from '../../shared/random.ts';
import type { Gate } from '../../shared/rpc/handler.ts';
import { RpcServer } from '../../shared/rpc/server.ts';
import { UnixListener } from '../../shared/rpc/unix-listener.ts';
import type { Part } from '../../shared/tasks.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import type { AgentConfig } from '../config.ts';
import { countCalls } from '../count-calls.ts';
import type { WorkloadAttestation } from '../attest-workload/attest.ts';
import type { PeerSource } from '../attest-workload/peer-info.ts';
import type { JwtSvids } from '../cache/jwt-source.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import type { ExplainSelf } from '../explain/explain-self.ts';
import { Nobody } from '../sds/nobody.ts';
import { accept } from './accept.ts';
import { keepMemoryTogether } from './allocator.ts';
import type { Caller } from './caller.ts';
import { complain } from './complain.ts';
import type { FetchWitSvidDeps } from './fetch-wit-svid.ts';
import { firstIdentity } from './first-identity.ts';
import { gate, type WorkloadContext } from './gate.ts';
import { type GuardDeps, type Guards, guardsOf, RATES } from './guards.ts';
import { methodLimits } from './method-limits.ts';
import { Places } from './places.ts';
import { PushTurns } from './push-turns.ts';
import { Rates } from '../rates.ts';
import { routes } from './routes.ts';
import { callLimits, connectionLimits, type Limits, maxDescriptors, Shares } from './shares.ts';
import { throughFront } from './through-front.ts';

export interface WorkloadApiDeps extends GuardDeps {
  readonly config: Pick<
    AgentConfig,
    'socketPath' | 'allowUnauthenticatedVerifiers' | 'logSelectors' | 'sds' | 'workloadApi' | 'callLimits'
  >;
  readonly identities: Pick<
    WorkloadIdentities,
    'subscribe' | 'matches' | 'entriesOf' | 'bundlesOf' | 'syncState'
  >;
  readonly jwtSvids: Pick<JwtSvids, 'fetchAll'>;
  /** Undefined: WIT-SVIDs are turned off. */
  readonly wit?: FetchWitSvidDeps['wit'] | undefined;
  readonly explain: ExplainSelf;
  readonly attestation: Pick<WorkloadAttestation, 'attest'>;
  readonly peers: PeerSource;
  readonly random: Random;
  /** Undefined: nobody reads them. */
  readonly metrics?: Metrics | undefined;
  /** Default: what this process has descriptors for. */
  readonly limits?: Limits;
  /** Default: the pid of this process. */
  readonly ownPid?: number;
}

export interface WorkloadApi extends Part {
  /** Connections of processes that are held now. */
  readonly connectionCount: number;
  /** Rounds that pushes were spread over, since the start. */
  readonly pushRounds: number;
}

const MODES = { socketMode: 0o777, directoryMode: 0o755 }; // every process may ask; who gets what is decided later
const MAX_CONCURRENT_STREAMS = 100;
const CHANNEL = {
  'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
  // Those of workloads are short, the longest a token to validate; Envoy's tell of all its parts, 60 KB and what its operator adds.
  'grpc.max_receive_message_length': 512 * 1024,
};

/** Throws Unavailable from `start` when the socket cannot be had. */
export function workloadApi(deps: WorkloadApiDeps): WorkloadApi {
  const { clock, random, log, peers, ownPid = process.pid, limits } = deps;
  const { socketPath } = deps.config;
  const bounds = limits ?? connectionLimits(maxDescriptors());
  const connections = new Shares(bounds);
  const turns = new PushTurns();
  const nobody = new Nobody();
  const guards = guardsOf(deps);
  const server = serverOf(deps, { bounds, turns, nobody, guards });
  const places = new Places(connections);
  const inject = (socket: Socket, caller: Caller): void => server.inject(socket, caller, holderOf(caller));
  const maxConcurrentStreams = MAX_CONCURRENT_STREAMS;
  const front = throughFront({ clock, log, places, uidOf: boundedUidOf, inject, maxConcurrentStreams });
  const listener = new UnixListener({
    path: socketPath,
    ...MODES,
    onConnection: accept({ ...guards, peers, places, ownPid, inject: front.inject, log }),
    onError: (error) => log.error('a connection was not accepted', { error: error.message }),
  });
  return {
    name: 'workload-api',
    get connectionCount() {
      return connections.held;
    },
    get pushRounds() {
      return turns.rounds;
    },
    start: async () => {
      keepMemoryTogether();
      await nobody.make(clock, random);
      await listener.listen();
      guards.meter.start();
      front.start();
      log.info('serving the Workload API', { socketPath, connections: bounds.total });
    },
    stop: async () => {
      listener.close();
      await guards.stop();
      await front.stop();
      await server.stop();
    },
  };
}

interface ServerParts {
  readonly bounds: Limits;
  readonly turns: PushTurns;
  readonly nobody: Nobody;
  readonly guards: Guards;
}

function serverOf(deps: WorkloadApiDeps, parts: ServerParts): RpcServer<Caller, WorkloadContext> {
  const { config, metrics, clock } = deps;
  const { turns, nobody, guards } = parts;
  const { allowUnauthenticatedVerifiers, sds, workloadApi: api } = config;
  const rates = new Rates(deps.rates?.calls ?? RATES.calls, clock);
  const served = routes({
    ...deps,
    wit: deps.wit,
    ...sds,
    isSdsDisabled: sds.isDisabled,
    isWorkloadApiDisabled: api.isDisabled,
    allowedForeignJwtClaims: api.allowedForeignJwtClaims,
    nobody,
    turns,
    rates,
    allowUnauthenticatedVerifiers,
  });
  return new RpcServer<Caller, WorkloadContext>({
    routes: served,
    gate: countCalls(metrics, Object.keys(served), gateOf(deps, parts, rates)),
    channelOptions: CHANNEL,
    onBody: (socket, bytes) => guards.meter.bodyCame(socket, bytes),
  });
}

function gateOf(
  { config, identities, attestation, metrics, clock, log, ownPid = process.pid }: WorkloadApiDeps,
  { bounds }: ServerParts,
  rates: Rates,
): Gate<Caller, WorkloadContext> {
  const { allowUnauthenticatedVerifiers, logSelectors, workloadApi: api } = config;
  return gate({
    attestation,
    checkLimit: methodLimits(config.callLimits, clock, metrics),
    firstIdentity: firstIdentity({
      identities,
      waitMs: api.firstIdentityWaitSeconds * 1_000,
      allowUnauthenticatedVerifiers,
      clock,
    }),
    calls: new Shares(callLimits(bounds)),
    rates,
    complain: complain({ logSelectors, ownPid, clock, log }),
  });
}

/** One user's connections share a bound of what they make the agent hold. */
const holderOf = (caller: Caller): string =>
  caller.kind === 'process' ? `user ${caller.peer.uid}` : 'those that are refused';

/** Of those that are refused there are few, and the agent itself must get in. */
const boundedUidOf = (caller: Caller): number | undefined =>
  caller.kind === 'process' && caller.connection.isBounded ? caller.peer.uid : undefined;

/** The Workload API's Unix socket (facts/spire 9): from the accepted connection to its handlers. Started by agent.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import { InputMeter } from '../../shared/rpc/input-meter.ts';
import type { SetAcl } from '../../shared/rpc/peer-kernel.ts';
import { RpcServer } from '../../shared/rpc/server.ts';
import { UnixListener } from '../../shared/rpc/unix-listener.ts';
import type { Part } from '../../shared/tasks.ts';
import type { AgentConfig } from '../config.ts';
import type { WorkloadAttestation } from '../attest-workload/attest.ts';
import type { PeerSource } from '../attest-workload/peer-info.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import type { ExplainSelf } from '../explain/explain-self.ts';
import { Nobody } from '../sds/nobody.ts';
import { accept } from './accept.ts';
import { keepMemoryTogether } from './allocator.ts';
import type { Caller } from './caller.ts';
import { complain } from './complain.ts';
import { gate, type WorkloadContext } from './gate.ts';
import { Places } from './places.ts';
import { PushTurns } from './push-turns.ts';
import { Rates } from '../rates.ts';
import { routes } from './routes.ts';
import { ShutOut } from './shut-out.ts';
import { callLimits, connectionLimits, type Limits, maxDescriptors, Shares } from './shares.ts';

export interface WorkloadApiDeps {
  readonly config: Pick<AgentConfig, 'socketPath' | 'allowUnauthenticatedVerifiers' | 'logSelectors' | 'sds'>;
  readonly identities: Pick<WorkloadIdentities, 'subscribe' | 'syncState'>;
  readonly explain: ExplainSelf;
  readonly attestation: Pick<WorkloadAttestation, 'attest'>;
  readonly peers: PeerSource;
  readonly setAcl: SetAcl;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Default: what this process has descriptors for. */
  readonly limits?: Limits;
  /** Default: the pid of this process. */
  readonly ownPid?: number;
  /** Default: the user of this process. */
  readonly ownUid?: number;
  /** Default: more than any machine's workloads need. */
  readonly rates?: Partial<typeof RATES>;
  /** Of one user in a quarter of a second; 1 MB without it. */
  readonly inputMaxBytes?: number | undefined;
}

export interface WorkloadApi extends Part {
  /** Connections of processes that are held now. */
  readonly connectionCount: number;
  /** Rounds that pushes were spread over, since the start. */
  readonly pushRounds: number;
}

const MODES = { socketMode: 0o777, directoryMode: 0o755 }; // every process may ask; who gets what is decided later
const CHANNEL = {
  'grpc.max_concurrent_streams': 100,
  // Those of workloads are empty; Envoy's tell of all its parts, 60 KB and what its operator adds.
  'grpc.max_receive_message_length': 512 * 1024,
};
/**
 * Of one user's processes. A restart brings them all at once, and clients that are refused come again; a connection costs
 * 0.2 ms and a call as much, so that nobody waits much longer than a second for one user's burst.
 */
const RATES = { connections: { perSecond: 500, burst: 4_000 }, calls: { perSecond: 1_000, burst: 4_000 } };

/** Throws Unavailable from `start` when the socket cannot be had. */
export function workloadApi({
  config,
  identities,
  explain,
  attestation,
  peers,
  clock,
  random,
  log,
  limits,
  rates,
  ownPid = process.pid,
  ownUid = process.geteuid?.() ?? 0,
  ...limiting
}: WorkloadApiDeps): WorkloadApi {
  const bounds = limits ?? connectionLimits(maxDescriptors());
  const connections = new Shares(bounds);
  const turns = new PushTurns();
  const { allowUnauthenticatedVerifiers, logSelectors, socketPath, sds } = config;
  const calls = new Rates(rates?.calls ?? RATES.calls, clock);
  const nobody = new Nobody();
  const server = new RpcServer<Caller, WorkloadContext>({
    routes: routes({
      ...sds,
      isSdsDisabled: sds.isDisabled,
      nobody,
      identities,
      explain,
      turns,
      rates: calls,
      allowUnauthenticatedVerifiers,
      clock,
      random,
      log,
    }),
    gate: gate({
      attestation,
      calls: new Shares(callLimits(bounds)),
      rates: calls,
      complain: complain({ logSelectors, ownPid, clock, log }),
    }),
    channelOptions: CHANNEL,
    onBody: (caller, bytes) => guards.bodyCame(caller, bytes),
  });
  const guards = guardsOf({ ...limiting, rates, socketPath, ownUid, clock, log });
  const listener = new UnixListener({
    path: socketPath,
    ...MODES,
    onConnection: accept({
      peers,
      places: new Places(connections),
      ...guards,
      ownPid,
      inject: (socket, caller) => server.inject(socket, caller, holderOf(caller)),
      log,
    }),
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
      log.info('serving the Workload API', { socketPath, connections: bounds.total });
    },
    stop: async () => {
      listener.close();
      await guards.stop();
      await server.stop();
    },
  };
}

/** One user's connections share a bound of what they make the agent hold. */
const holderOf = (caller: Caller): string | undefined =>
  caller.kind === 'process' ? `user ${caller.peer.uid}` : undefined;

type GuardDeps = Pick<WorkloadApiDeps, 'setAcl' | 'clock' | 'log' | 'inputMaxBytes'> & {
  readonly rates: WorkloadApiDeps['rates'] | undefined;
  readonly socketPath: string;
  readonly ownUid: number;
};

/** Each request of Envoy's brings 60 KB: large pieces of messages cost so much less than the frames between them. */
const BODY_WORTH = 16;
const BODY_MIN_BYTES = 4_096;

/** Against users who keep the agent busy. */
function guardsOf({ setAcl, socketPath, ownUid, clock, log, inputMaxBytes, ...given }: GuardDeps) {
  const rates = new Rates(given.rates?.connections ?? RATES.connections, clock);
  const setOwnAcl = (acl: Uint8Array): void => setAcl(socketPath, acl);
  const shutOut = new ShutOut({ setAcl: setOwnAcl, ownUid, rates, clock, log });
  const onTooMuch = (uid: number): void => shutOut.keepOut(uid, 'sends without pause');
  const meter = new InputMeter({ clock, onTooMuch, maxBytes: inputMaxBytes });
  const bodyCame = (caller: Caller, bytes: number): void => {
    if (caller.kind === 'process' && bytes >= BODY_MIN_BYTES)
      meter.discount(caller.peer.uid, bytes - bytes / BODY_WORTH);
  };
  const stop = async (): Promise<void> => {
    shutOut.stop();
    await meter.stop();
  };
  return { rates, shutOut, meter, bodyCame, stop };
}

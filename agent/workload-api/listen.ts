/** The Workload API's Unix socket (facts/spire 9): from the accepted connection to its handlers. Started by agent.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
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
  readonly config: Pick<AgentConfig, 'socketPath' | 'allowUnauthenticatedVerifiers' | 'logSelectors'>;
  readonly identities: Pick<WorkloadIdentities, 'subscribe' | 'syncState'>;
  readonly explain: ExplainSelf;
  readonly attestation: Pick<WorkloadAttestation, 'attest'>;
  readonly peers: PeerSource;
  readonly setAcl: SetAcl;
  readonly clock: Clock;
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
  'grpc.max_receive_message_length': 64 * 1024, // requests are empty
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
  const { allowUnauthenticatedVerifiers, logSelectors, socketPath } = config;
  const server = new RpcServer<Caller, WorkloadContext>({
    routes: routes({ identities, explain, turns, allowUnauthenticatedVerifiers, log }),
    gate: gate({
      attestation,
      calls: new Shares(callLimits(bounds)),
      rates: new Rates(rates?.calls ?? RATES.calls, clock),
      complain: complain({ logSelectors, ownPid, clock, log }),
    }),
    channelOptions: CHANNEL,
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
      inject: (socket, caller) => server.inject(socket, caller),
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

type GuardDeps = Pick<WorkloadApiDeps, 'setAcl' | 'clock' | 'log' | 'inputMaxBytes'> & {
  readonly rates: WorkloadApiDeps['rates'] | undefined;
  readonly socketPath: string;
  readonly ownUid: number;
};

/** Against users who keep the agent busy. */
function guardsOf({ setAcl, socketPath, ownUid, clock, log, inputMaxBytes, ...given }: GuardDeps) {
  const rates = new Rates(given.rates?.connections ?? RATES.connections, clock);
  const setOwnAcl = (acl: Uint8Array): void => setAcl(socketPath, acl);
  const shutOut = new ShutOut({ setAcl: setOwnAcl, ownUid, rates, clock, log });
  const onTooMuch = (uid: number): void => shutOut.keepOut(uid, 'sends without pause');
  const meter = new InputMeter({ clock, onTooMuch, maxBytes: inputMaxBytes });
  const stop = async (): Promise<void> => {
    shutOut.stop();
    await meter.stop();
  };
  return { rates, shutOut, meter, stop };
}

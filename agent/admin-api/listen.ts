/** The agent's admin socket: for the operator of this machine, never for workloads. Started by agent.ts. */
import type { Socket } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { Http2Front } from '../../shared/rpc/http2-front/front.ts';
import { RpcServer } from '../../shared/rpc/server.ts';
import { UnixListener } from '../../shared/rpc/unix-listener.ts';
import type { Part } from '../../shared/tasks.ts';
import type { PeerSource } from '../attest-workload/peer-info.ts';
import type { AgentConfig } from '../config.ts';
import type { ExplainProcess } from '../explain/explain-process.ts';
import { type AdminCaller, type AdminContext, gate } from './gate.ts';
import { routes } from './routes.ts';

export interface AdminApiDeps {
  readonly config: Pick<AgentConfig, 'adminSocketPath'>;
  readonly explain: ExplainProcess;
  readonly peers: Pick<PeerSource, 'credentials'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const MAX_CONCURRENT_STREAMS = 100;
const MODES = { socketMode: 0o600, directoryMode: 0o700 };

/** Throws Unavailable from `start` when the socket cannot be had. */
export function adminApi({ config, explain, peers, clock, log }: AdminApiDeps): Part {
  const server = new RpcServer<AdminCaller, AdminContext>({
    routes: routes({ explain }),
    gate: gate(log),
    channelOptions: { 'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS },
  });
  const front = new Http2Front({ clock, maxConcurrentStreams: MAX_CONCURRENT_STREAMS, log });
  const { adminSocketPath: path } = config;
  const listener = new UnixListener({
    path,
    ...MODES,
    onConnection: (socket) => {
      const caller = callerOf(peers, socket);
      const serve = (served: Socket): void => server.inject(served, caller);
      front.take({ socket, serve, takePlace: () => () => {} });
    },
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

function callerOf(peers: Pick<PeerSource, 'credentials'>, socket: Socket): AdminCaller {
  try {
    return peers.credentials(socket);
  } catch {
    return { pid: undefined, uid: undefined }; // the file's mode let it in; this is for the log alone
  }
}

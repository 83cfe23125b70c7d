/** The agent's admin socket: for the operator of this machine, never for workloads. Started by agent.ts. */
import type { Socket } from 'node:net';
import type { Logger } from '../../shared/log/logger.ts';
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
  readonly log: Logger;
}

const MODES = { socketMode: 0o600, directoryMode: 0o700 };

/** Throws Unavailable from `start` when the socket cannot be had. */
export function adminApi({ config, explain, peers, log }: AdminApiDeps): Part {
  const server = new RpcServer<AdminCaller, AdminContext>({ routes: routes({ explain }), gate: gate(log) });
  const { adminSocketPath: path } = config;
  const listener = new UnixListener({
    path,
    ...MODES,
    onConnection: (socket) => server.inject(socket, callerOf(peers, socket)),
    onError: (error) => log.error('a connection was not accepted', { error: error.message }),
  });
  return {
    name: 'admin-api',
    start: async () => {
      await listener.listen();
      log.info('serving the admin API', { socketPath: path });
    },
    stop: async () => {
      listener.close();
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

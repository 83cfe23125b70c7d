/** Where things are below the state directory. */
import { join } from 'node:path';

export interface Layout {
  readonly root: string;
  readonly lock: string;
  readonly logs: string;
  readonly bin: string;
  readonly server: { readonly data: string; readonly config: string; readonly socket: string };
  readonly agent: {
    readonly data: string;
    readonly config: string;
    readonly socket: string;
    readonly adminSocket: string;
    readonly bundle: string;
    readonly joinToken: string;
  };
}

export const layoutOf = (root: string): Layout => ({
  root,
  lock: join(root, 'up.pid'),
  logs: join(root, 'logs'),
  bin: join(root, 'bin'),
  server: {
    data: join(root, 'server'),
    config: join(root, 'server.conf'),
    socket: join(root, 'server', 'private', 'api.sock'),
  },
  agent: {
    data: join(root, 'agent'),
    config: join(root, 'agent.conf'),
    socket: join(root, 'agent', 'public', 'api.sock'),
    adminSocket: join(root, 'agent', 'admin', 'api.sock'),
    bundle: join(root, 'agent', 'bootstrap.pem'),
    joinToken: join(root, 'agent', 'join-token'),
  },
});

/** Opens a Unix socket for a command, and says what is wrong with it before gRPC would say something vague. */
import { accessSync, constants, lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Channel, unixChannel } from '../rpc/channel.ts';

export interface SocketUse {
  /** `server` or `agent`: who should be listening. */
  readonly owner: 'server' | 'agent';
  readonly path: string;
}

/** Throws with what to do when there is no socket, it is not a socket, or this user may not use it. */
export function openSocket({ owner, path }: SocketUse): Channel {
  const absolute = resolve(path);
  checkSocket(owner, absolute);
  return unixChannel(absolute);
}

function checkSocket(owner: string, path: string): void {
  try {
    if (!lstatSync(path).isSocket())
      throw new Error(`${path} is not a socket: name the ${owner}'s with -socketPath`);
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw explained(error, owner, path);
  }
}

function explained(error: unknown, owner: string, path: string): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new Error(
      `no ${owner} listens on ${path}: start it with 'writ ${owner} run', or name its socket with -socketPath`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Error(
      `no permission to use ${path}: run this as the ${owner}'s user or a member of the socket's group`,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** Runs `use` on a channel to the socket and closes it after. A refused connection says that nothing answers. */
export async function withSocket<T>(socket: SocketUse, use: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = openSocket(socket);
  try {
    return await use(channel);
  } catch (error) {
    if (error instanceof Error && /ECONNREFUSED|ENOENT/.test(error.message)) {
      throw new Error(
        `nothing answers on ${resolve(socket.path)}: the ${socket.owner} that made it is gone; start it again with 'writ ${socket.owner} run'`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    channel.close();
  }
}

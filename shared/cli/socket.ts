/** Opens a Unix socket for a command, and says what is wrong with it before gRPC would say something vague. */
import { accessSync, constants, lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { Code, CodedError } from '../errors.ts';
import { type Channel, unixChannel } from '../rpc/channel.ts';

export interface SocketUse {
  readonly path: string;
  /** The flag that names this socket. */
  readonly flag: string;
  /** The program that should be listening: `writ server`. */
  readonly program: string;
  readonly timeoutMs: number;
}

/** The absolute path; throws with what to do when there is no socket, it is none, or this user may not use it. */
export function checkSocket({ path, flag, program }: Omit<SocketUse, 'timeoutMs'>): string {
  const absolute = resolve(path);
  try {
    if (!lstatSync(absolute).isSocket())
      throw new Error(`${absolute} is not a socket: name the one of '${program}' with -${flag}`);
    accessSync(absolute, constants.R_OK | constants.W_OK);
    return absolute;
  } catch (error) {
    throw explained(error, absolute, { flag, program });
  }
}

function explained(
  error: unknown,
  path: string,
  { flag, program }: Pick<SocketUse, 'flag' | 'program'>,
): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new Error(`nothing listens on ${path}: start '${program} run', or name its socket with -${flag}`);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Error(
      `no permission to use ${path}: run this as the user of '${program} run', a member of the socket's group, or root`,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** Runs `use` on a channel to the socket and closes it after. What grpc says of a dead or silent socket is put in words. */
export async function withSocket<T>(socket: SocketUse, use: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = unixChannel(checkSocket(socket));
  try {
    return await use(channel);
  } catch (error) {
    throw inWords(error, socket);
  } finally {
    channel.close();
  }
}

/** What grpc-js says when a connection was taken and lost before it could be used. */
const NOT_CONNECTED = /^No connection established\. Last error: (.+?) \(\d{4}-/;

/** What grpc says of a socket that is dead or silent, in words; other errors as they are. */
export function inWords(error: unknown, { path, program, timeoutMs }: Omit<SocketUse, 'flag'>): unknown {
  if (!(error instanceof CodedError)) return error;
  const [, broken] = NOT_CONNECTED.exec(error.message) ?? [];
  if (/ECONNREFUSED|ENOENT/.test(error.message)) {
    const message = `nothing answers on ${resolve(path)}: who made it is gone; start '${program} run' again`;
    return new Error(message, { cause: error });
  }
  if (broken !== undefined) {
    const message = `who listens on ${resolve(path)} does not answer as '${program} run' does: ${broken}`;
    return new Error(message, { cause: error });
  }
  if (error.code !== Code.deadlineExceeded) return error;
  const message = `no answer on ${resolve(path)} within ${timeoutMs / 1_000} s; -timeout waits longer`;
  return new Error(message, { cause: error });
}

/** Opens a Unix socket for a command, and says what is wrong with it in words. */
import { accessSync, constants, lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { Code, CodedError } from '../errors.ts';
import { NoServer } from '../rpc/local/http2-request.ts';

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

/** Runs `use` with the socket's absolute path; what goes wrong on a dead or silent socket is put in words. */
export async function withSocket<T>(socket: SocketUse, use: (path: string) => Promise<T>): Promise<T> {
  const path = checkSocket(socket);
  try {
    return await use(path);
  } catch (error) {
    throw inWords(error, socket);
  }
}

/** What a call met on a socket that is dead or silent, in words; other errors as they are. */
export function inWords(error: unknown, socket: SocketUse): unknown {
  if (!(error instanceof CodedError)) return error;
  const message = wordsOf(error, { ...socket, path: resolve(socket.path) });
  return message === undefined ? error : new Error(message, { cause: error });
}

function wordsOf(error: CodedError, { path, flag, program, timeoutMs }: SocketUse): string | undefined {
  if (error instanceof NoServer) {
    return error.isRefused
      ? `nothing answers on ${path}: who made it is gone; start '${program} run' again`
      : `who listens on ${path} does not answer as '${program} run' does: ${error.message}`;
  }
  if (error.code === Code.unimplemented)
    return `who listens on ${path} does not know what this asks for: name the socket of '${program} run' with -${flag}`;
  if (error.code !== Code.deadlineExceeded) return undefined;
  return `no answer on ${path} within ${timeoutMs / 1_000} s; -timeout waits longer`;
}

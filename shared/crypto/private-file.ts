/**
 * Files that hold private keys, which only their owner may reach. Read by key-file, and by commands that an operator gives
 * a key to.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { Code, CodedError } from '../errors.ts';

/** DIVERGES: SPIRE reads a key file whatever its mode. Here one that others can reach is refused: its keys may be known. */
const OTHERS_ACCESS = 0o077;

/**
 * The file's bytes, undefined when there is none; checked on the open file, so that it cannot be swapped in between. Throws
 * FailedPrecondition, with what to do, when others than its owner can reach it, or it belongs to somebody else.
 */
export function readPrivateFile(path: string, maxBytes: number): Uint8Array | undefined {
  const fd = openExisting(path);
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    checkPrivate(path, stats, maxBytes);
    const bytes = new Uint8Array(stats.size);
    let at = 0;
    for (let count = -1; at < bytes.length && count !== 0; at += count)
      count = readSync(fd, bytes, at, bytes.length - at, at);
    return bytes.subarray(0, at);
  } finally {
    closeSync(fd);
  }
}

export const keyFileRefusal = (path: string, what: string): CodedError =>
  new CodedError(Code.failedPrecondition, `key file ${path}: ${what}`);

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    throw keyFileRefusal(
      path,
      code === 'ELOOP'
        ? 'is a symbolic link: give the path of the file itself'
        : `cannot be opened (${code})`,
    );
  }
}

function checkPrivate(path: string, stats: Stats, maxBytes: number): void {
  const user = process.geteuid?.();
  if (!stats.isFile()) throw keyFileRefusal(path, 'is not a regular file');
  if (user !== undefined && stats.uid !== user) {
    throw keyFileRefusal(
      path,
      `belongs to user ${stats.uid}, this process is user ${user}: chown it, or run as its owner`,
    );
  }
  if ((stats.mode & OTHERS_ACCESS) !== 0) {
    throw keyFileRefusal(
      path,
      `can be reached by others than its owner (mode ${(stats.mode & 0o777).toString(8)}): chmod 600 it`,
    );
  }
  if (stats.size > maxBytes) throw keyFileRefusal(path, `is longer than ${maxBytes} bytes`);
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';

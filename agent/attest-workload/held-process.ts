/** One process, held by its pidfd and its /proc directory (design D7). Made by peers. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { CodedError, messageOf, unavailable } from '../../shared/errors.ts';
import type { Credentials, PeerKernel } from '../../shared/rpc/peer-kernel.ts';
import type { Peer } from './peer-info.ts';
import { hasEnded, parseProcStat } from './proc-stat.ts';

const STAT_MAX_BYTES = 4_096; // 52 numbers and a name of at most 64 bytes

export interface HeldProcessParts {
  readonly credentials: Credentials;
  readonly startTicks: string;
  /** Undefined on kernels that have none: start time and directory must do. */
  readonly pidfd: number | undefined;
  readonly directoryFd: number;
  /** Closes both descriptors. */
  readonly descriptors: DisposableStack;
  readonly kernel: PeerKernel;
}

export class HeldProcess implements Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly #parts: HeldProcessParts;

  constructor(parts: HeldProcessParts) {
    this.pid = parts.credentials.pid;
    this.uid = parts.credentials.uid;
    this.gid = parts.credentials.gid;
    this.#parts = parts;
  }

  readProcFile(name: string, maxBytes: number): Uint8Array {
    return readProcFile(this.#directory(), name, maxBytes);
  }

  readProcLink(name: string): string {
    try {
      const target = readlinkSync(`${heldPath(this.#directory())}/${name}`, 'buffer');
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(target);
    } catch (error) {
      throw unreadable(name, error);
    }
  }

  openProcDirectory(): number {
    return openSync(heldPath(this.#directory()), constants.O_RDONLY | constants.O_DIRECTORY);
  }

  checkAlive(): void {
    const { pidfd, kernel, startTicks } = this.#parts;
    const directory = this.#directory();
    if (pidfd !== undefined && kernel.hasEnded(pidfd)) throw unavailable('the process is gone');
    const stat = readStat(directory);
    if (hasEnded(stat) || stat.startTicks !== startTicks) throw unavailable('the process is gone');
    const { uid, gid } = readIds(directory);
    if (uid !== this.uid || gid !== this.gid) {
      throw unavailable('the process changed its user or group after it connected');
    }
  }

  close(): void {
    this.#parts.descriptors.dispose();
  }

  /** After closing, the number may stand for another file: it must not be used. */
  #directory(): number {
    if (this.#parts.descriptors.disposed) throw unavailable('the connection is gone');
    return this.#parts.directoryFd;
  }
}

/** The path that reaches an open descriptor, whatever happened to the name that it was opened by. */
const heldPath = (fd: number): string => `/proc/self/fd/${fd}`;

export const readStat = (directoryFd: number) =>
  // A name is any bytes: latin1 keeps them apart.
  parseProcStat(Buffer.from(readProcFile(directoryFd, 'stat', STAT_MAX_BYTES)).toString('latin1'));

/**
 * The effective ids, as the owner of the directory: so it is for /proc/<pid> itself, dumpable or not (fs/proc/base.c,
 * task_dump_owner). `status` has them too, but takes 4 ms where a process has given itself 65,536 groups.
 */
export function readIds(directoryFd: number): { readonly uid: number; readonly gid: number } {
  try {
    return fstatSync(directoryFd);
  } catch (error) {
    throw unreadable('directory', error);
  }
}

function readProcFile(directoryFd: number, name: string, maxBytes: number): Uint8Array {
  let fd: number | undefined;
  try {
    fd = openSync(`${heldPath(directoryFd)}/${name}`, constants.O_RDONLY);
    return readAll(fd, name, maxBytes);
  } catch (error) {
    throw unreadable(name, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const FIRST_READ_BYTES = 4_096;

/** Files in /proc have no size: read until nothing comes. */
function readAll(fd: number, name: string, maxBytes: number): Uint8Array {
  let buffer = Buffer.allocUnsafe(Math.min(FIRST_READ_BYTES, maxBytes + 1));
  let length = 0;
  for (;;) {
    const read = readSync(fd, buffer, length, buffer.length - length, null);
    if (read === 0) return new Uint8Array(buffer.subarray(0, length));
    length += read;
    if (length > maxBytes) throw unavailable(`/proc ${name} is longer than ${maxBytes} bytes`);
    if (length === buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(buffer.length * 4, maxBytes + 1));
      buffer.copy(larger);
      buffer = larger;
    }
  }
}

function unreadable(name: string, error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ESRCH') return unavailable('the process is gone', { cause: error });
  const what = typeof code === 'string' ? code : messageOf(error);
  const advice = code === 'EACCES' || code === 'EPERM' ? `; ${NOT_ALLOWED}` : '';
  return unavailable(`/proc ${name} of the process cannot be read: ${what}${advice}`, { cause: error });
}

/** proc(5): exe and its like are for who may trace the process. */
const NOT_ALLOWED =
  'to see processes of other users, run the agent as root with the capability CAP_SYS_PTRACE';

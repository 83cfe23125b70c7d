/**
 * The kernel's word on who is at the other end of a socket, and to whom it is open; pairs of sockets: the only native code.
 * Called by agent/attest-workload, the agent's doors and, where callers are to be named in its audit log, by the server.
 */
import { constants } from 'node:os';
import koffi from 'koffi';
import { unavailable } from '../errors.ts';

/** The identity that the kernel noted when the caller connected; the ids are the effective ones. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Descriptors that it returns are the caller's to close. */
export interface PeerKernel {
  /** SO_PEERCRED (unix(7)); throws Unavailable when the descriptor is no connected Unix socket. */
  credentials(socketFd: number): Credentials;
  /** SO_PEERPIDFD: the process that connected, whatever has its pid now. Undefined before Linux 6.5. */
  peerPidfd(socketFd: number): number | undefined;
  /** pidfd_open(2): the process that has this pid now. Undefined before Linux 5.3; throws Unavailable without one. */
  openPidfd(pid: number): number | undefined;
  /** poll(2) on a pidfd: readable once its process has ended. */
  hasEnded(pidfd: number): boolean;
}

// include/uapi/asm-generic/socket.h; powerpc alone numbers the credentials differently among Node's architectures.
const SOL_SOCKET = 1;
const SO_PEERCRED = process.arch === 'ppc64' ? 21 : 17;
const SO_PEERPIDFD = 77;
const SYS_PIDFD_OPEN = 434; // the same on every architecture since it was added
const POLLIN = 1;
const UCRED_BYTES = 12; // pid, uid, gid
const POLLFD_BYTES = 8; // fd, events, revents
const { ENOPROTOOPT, ENOSYS, ESRCH, EINVAL, EINTR } = constants.errno;

/** Binds the C library that Node itself runs on; throws Unavailable anywhere but on Linux. */
export function linuxPeerKernel(): PeerKernel {
  if (process.platform !== 'linux')
    throw unavailable(`workloads cannot be identified on ${process.platform}`);
  const c = koffi.load(null);
  const getsockopt = c.func('int getsockopt(int, int, int, void *, void *)');
  const syscall = c.func('long syscall(long, long, long)');
  const poll = c.func('int poll(void *, unsigned long, int)');

  const socketOption = (fd: number, option: number, bytes: number): Buffer | number => {
    const value = Buffer.alloc(bytes);
    const length = new Int32Array([bytes]);
    if (getsockopt(fd, SOL_SOCKET, option, value, length) !== 0) return koffi.errno();
    if (length[0] !== bytes)
      throw unavailable(`socket option ${option} has ${length[0]} bytes, not ${bytes}`);
    return value;
  };

  return {
    credentials: (socketFd) => {
      const value = socketOption(socketFd, SO_PEERCRED, UCRED_BYTES);
      if (typeof value === 'number') throw unavailable(`no credentials of the peer: ${nameOf(value)}`);
      return { pid: value.readInt32LE(0), uid: value.readUInt32LE(4), gid: value.readUInt32LE(8) };
    },
    peerPidfd: (socketFd) => {
      const value = socketOption(socketFd, SO_PEERPIDFD, 4);
      if (typeof value !== 'number') return value.readInt32LE(0);
      if (value === ENOPROTOOPT) return undefined;
      throw failed('no pidfd of the peer', value);
    },
    openPidfd: (pid) => {
      const fd = Number(syscall(SYS_PIDFD_OPEN, pid, 0));
      if (fd >= 0) return fd;
      const errno = koffi.errno();
      if (errno === ENOSYS) return undefined;
      throw failed('no pidfd of the process', errno);
    },
    hasEnded: (pidfd) => {
      const entry = Buffer.alloc(POLLFD_BYTES);
      entry.writeInt32LE(pidfd, 0);
      entry.writeInt16LE(POLLIN, 4);
      const ready = Number(poll(entry, 1, 0));
      if (ready >= 0) return ready > 0;
      if (koffi.errno() === EINTR) return false; // it did not wait, so nothing had been readable
      throw unavailable(`the process cannot be watched: ${nameOf(koffi.errno())}`);
    },
  };
}

/** Sets the access control list of a file (setxattr(2)); throws Unavailable where its file system has none. */
export type SetAcl = (path: string, acl: Uint8Array) => void;

export function linuxSetAcl(): SetAcl {
  const setxattr = koffi.load(null).func('int setxattr(const char *, const char *, void *, size_t, int)');
  return (path, acl) => {
    if (setxattr(path, 'system.posix_acl_access', acl, acl.length, 0) === 0) return;
    throw unavailable(`${path} takes no access control list: ${nameOf(koffi.errno())}`);
  };
}

/** Two descriptors of one connection, the caller's to close. Throws Unavailable where there are no more descriptors. */
export type SocketPair = () => readonly [number, number];

// The same on every architecture that Node runs on (socket(2))
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

export function linuxSocketPair(): SocketPair {
  const socketpair = koffi.load(null).func('int socketpair(int, int, int, void *)');
  return () => {
    const pair = new Int32Array(2);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) !== 0)
      throw unavailable(`no pair of sockets: ${nameOf(koffi.errno())}`);
    return [pair[0] ?? -1, pair[1] ?? -1];
  };
}

/** Kernels differ in whether a process that was reaped is "no such process" or "invalid". */
const failed = (what: string, errno: number): Error =>
  unavailable(errno === ESRCH || errno === EINVAL ? 'the process is gone' : `${what}: ${nameOf(errno)}`);

const nameOf = (errno: number): string =>
  Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;

/**
 * Who connected to the admin socket, for the audit log and for roles: the kernel's word, taken when the connection is
 * accepted. Loaded by listen/local, which goes on without it, since it needs native code.
 */
import { closeSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { linuxPeerKernel, type PeerKernel } from '../../shared/rpc/peer-kernel.ts';
import { descriptorOf } from '../../shared/rpc/socket-descriptor.ts';
import type { LocalProcess } from '../api/gate/context.ts';

/** What is asked of the kernel. */
export type ProcessKernel = Pick<PeerKernel, 'credentials' | 'peerPidfd' | 'openPidfd' | 'hasEnded'>;

export type FindProcess = (socket: Socket) => LocalProcess;

/** The function throws Unavailable on a connection that is gone. Throws Unavailable anywhere but on Linux. */
export function processFinder(kernel: ProcessKernel = linuxPeerKernel()): FindProcess {
  return (socket) => {
    const fd = descriptorOf(socket);
    const { pid, uid, gid } = kernel.credentials(fd);
    const path = programOf(kernel, fd, pid);
    return { uid, gid, ...(path === undefined ? {} : { path }) };
  };
}

/** Undefined where it may not be read, where the process is gone, and where its pid is not one of ours. */
function programOf(kernel: ProcessKernel, socketFd: number, pid: number): string | undefined {
  if (pid === 0) return undefined;
  try {
    using descriptors = new DisposableStack();
    const pidfd = kernel.peerPidfd(socketFd) ?? kernel.openPidfd(pid);
    if (pidfd !== undefined) descriptors.defer(() => closeSync(pidfd));
    const path = readlinkSync(`/proc/${pid}/exe`);
    // Still running, so its pid was its own all the time; without pidfds, nothing better is known.
    return pidfd === undefined || !kernel.hasEnded(pidfd) ? path : undefined;
  } catch {
    return undefined;
  }
}

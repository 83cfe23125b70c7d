/**
 * Takes hold of the process behind a Unix socket, or of one named by pid (design D7). Made in agent.ts, used by the doors.
 *
 * What no kernel tells: a process may connect, leave the connection to a child that it forked, and run another program
 * itself. The connection then counts for that program. So users and groups are proof against others, but of two
 * programs of one user, neither path nor hash keeps the one from passing for the other. Likewise a process may hand its
 * open connection to any other: what the other one receives, until the first one ends, is what the first one is.
 */
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { messageOf, notFound, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Credentials, PeerKernel } from '../../shared/rpc/peer-kernel.ts';
import { descriptorOf } from '../../shared/rpc/socket-descriptor.ts';
import { HeldProcess, readIds, readStat } from './held-process.ts';
import type { Peer, PeerSource } from './peer-info.ts';
import { parsePidfdInfo } from './pidfd-info.ts';
import { hasEnded } from './proc-stat.ts';
import { type UnknownIds, unknownIds } from './unknown-ids.ts';

export interface PeersDeps {
  readonly kernel: PeerKernel;
  /** `/proc`, or where the host's is mounted (HOST_PROC). */
  readonly procPath: string;
  /** Refuse callers where the kernel has no SO_PEERPIDFD. */
  readonly requirePeerPidfd: boolean;
  readonly log: Logger;
  /** Default: those of this process. */
  readonly unknown?: UnknownIds;
}

export class Peers implements PeerSource {
  readonly #deps: PeersDeps;
  readonly #unknown: UnknownIds;
  #withoutPeerPidfd = 0;

  constructor(deps: PeersDeps) {
    this.#deps = deps;
    this.#unknown = deps.unknown ?? unknownIds();
  }

  /** Connections whose process was found by its pid alone, because the kernel is older than 6.5. */
  get withoutPeerPidfd(): number {
    return this.#withoutPeerPidfd;
  }

  credentials(socket: Socket): Credentials {
    return this.#deps.kernel.credentials(descriptorOf(socket));
  }

  capture(socket: Socket): Peer {
    const { kernel } = this.#deps;
    const socketFd = descriptorOf(socket);
    const credentials = kernel.credentials(socketFd);
    if (credentials.pid === 0) throw unavailable(OTHER_NAMESPACE);
    const { uid, gid } = this.#unknown;
    if (credentials.uid === uid || credentials.gid === gid) throw unavailable(UNKNOWN_USER);
    return this.#hold(credentials.pid, () => this.#pidfdOf(socketFd, credentials.pid), credentials);
  }

  open(pid: number): Peer {
    try {
      return this.#hold(pid, () => this.#deps.kernel.openPidfd(pid), undefined);
    } catch (error) {
      throw notFound(`process ${pid} cannot be looked at: ${messageOf(error)}`, { cause: error });
    }
  }

  #pidfdOf(socketFd: number, pid: number): number | undefined {
    const pidfd = this.#deps.kernel.peerPidfd(socketFd);
    if (pidfd !== undefined) return pidfd;
    if (this.#deps.requirePeerPidfd) throw unavailable(TOO_OLD);
    if (this.#withoutPeerPidfd === 0) this.#deps.log.warn(FALLBACK_WARNING);
    this.#withoutPeerPidfd += 1;
    return this.#deps.kernel.openPidfd(pid);
  }

  /** `expected` is what the socket said; a process named by its pid is taken as it is. */
  #hold(pid: number, openPidfd: () => number | undefined, expected: Credentials | undefined): Peer {
    const { kernel, procPath } = this.#deps;
    using descriptors = new DisposableStack();
    const pidfd = openPidfd();
    if (pidfd !== undefined) descriptors.defer(() => closeSync(pidfd));
    const directoryFd = openDirectory(
      `${procPath}/${pid}`,
      () => pidfd !== undefined && !kernel.hasEnded(pidfd),
    );
    descriptors.defer(() => closeSync(directoryFd));
    const stat = readStat(directoryFd);
    if (pidfd !== undefined) checkPidfd(pidfd, pid);
    const { uid, gid } = readIds(directoryFd);
    if (expected !== undefined && (uid !== expected.uid || gid !== expected.gid)) {
      throw unavailable('the process does not have the user and group that it connected with');
    }
    // Only now: while the pidfd's process runs its pid is its own, so all of the above was about that process.
    if (hasEnded(stat) || (pidfd !== undefined && kernel.hasEnded(pidfd)))
      throw unavailable('the process is gone');
    const credentials = { pid, uid, gid };
    const { startTicks } = stat;
    return new HeldProcess({
      credentials,
      startTicks,
      pidfd,
      directoryFd,
      kernel,
      descriptors: descriptors.move(),
    });
  }
}

function checkPidfd(pidfd: number, pid: number): void {
  const named = parsePidfdInfo(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'latin1'));
  if (named === -1) throw unavailable('the process is gone');
  if (named !== pid) throw unavailable(`the process is ${named}, not ${pid}, as this agent's /proc sees it`);
}

/** Throws Unavailable; `isRunning` tells a process that is gone from one that is hidden. */
function openDirectory(path: string, isRunning: () => boolean): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') {
      const why = isRunning() ? `${path} is hidden from the agent: ${HIDDEN}` : 'the process is gone';
      throw unavailable(why, { cause: error });
    }
    throw unavailable(`${path} cannot be opened: ${String(code)}`, { cause: error });
  }
}

const OTHER_NAMESPACE =
  "the caller's pid namespace is not visible to the agent: run the agent in the host's pid namespace " +
  '(Kubernetes: hostPID: true, Docker: --pid=host)';
const HIDDEN = 'run it as root, or mount /proc without hidepid';
const UNKNOWN_USER =
  "the caller's user or group is not known in the agent's user namespace, where it looks like anybody else's: run the " +
  "agent in the host's user namespace";
const TOO_OLD =
  'this kernel has no SO_PEERPIDFD (Linux 6.5) and require_peer_pidfd is set: update the kernel or unset it';
const FALLBACK_WARNING =
  'this kernel has no SO_PEERPIDFD (Linux 6.5): a process that ends while it connects could be taken for the next ' +
  'one with its pid; set require_peer_pidfd to refuse callers instead';

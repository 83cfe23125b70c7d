/** Who is at the other end of a Unix socket, as the kernel said at accept. Implemented by attest-workload/peers. */
import type { Socket } from 'node:net';
import type { Credentials } from '../../shared/rpc/peer-kernel.ts';

/** One process, held so that nothing read about it can come from another one that got its pid. */
export interface Peer extends Credentials {
  /** Reads a file of that very process, such as `status`; throws Unavailable when it is gone or longer than allowed. */
  readProcFile(name: string, maxBytes: number): Uint8Array;
  /** The target of a link of that process, such as `exe`; throws Unavailable when it cannot be read. */
  readProcLink(name: string): string;
  /** One more descriptor of its `/proc/<pid>`, for work that may outlast the connection; the caller closes it. */
  openProcDirectory(): number;
  /** Throws Unavailable unless that process still runs, started when it did, with the same uid and gid. */
  checkAlive(): void;
  /** Lets go of it; calling again does nothing. */
  close(): void;
}

export interface PeerSource {
  /** Throws Unavailable when the descriptor of the socket cannot be had or is no Unix socket. */
  credentials(socket: Socket): Credentials;
  /** Call it in the turn in which the socket was accepted; throws Unavailable, saying why, when it cannot be held. */
  capture(socket: Socket): Peer;
  /** The process that has this pid now, without a connection; throws NotFound when there is none. */
  open(pid: number): Peer;
}

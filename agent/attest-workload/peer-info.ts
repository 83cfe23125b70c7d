/** Who is at the other end of a Unix socket, as the kernel said at accept. Made by attest-workload/peer. */

export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Reads a file of the very process that connected, such as `status`; throws when it is gone. */
  readProcFile(name: string, maxBytes: number): Uint8Array;
  /** The target of a link of that process, such as `exe`. */
  readProcLink(name: string): string;
  /** Throws Unavailable unless that process still runs, started when it did, with the same uid and gid. */
  checkAlive(): void;
  close(): void;
}

/** A calling process that is whatever the test says. */
import { openSync } from 'node:fs';
import type { Peer } from '../../agent/attest-workload/peer-info.ts';
import { unavailable } from '../../shared/errors.ts';

export interface FakePeerParts {
  readonly pid?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly groups?: readonly number[];
  readonly exe?: string;
  /** Of its /proc directory, beside `status`. */
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
}

export class FakePeer implements Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  isAlive = true;
  checks = 0;
  closes = 0;
  exe: string;
  readonly #groups: readonly number[];
  readonly #files: Readonly<Record<string, string>>;
  readonly #links: Readonly<Record<string, string>>;

  constructor({
    pid = 4_000_000,
    uid = 1_000,
    gid = 1_000,
    groups = [],
    exe = '/proc/self/exe',
    files = {},
    links = {},
  }: FakePeerParts = {}) {
    this.pid = pid;
    this.uid = uid;
    this.gid = gid;
    this.exe = exe;
    this.#groups = groups;
    this.#files = files;
    this.#links = links;
  }

  readProcFile(name: string, maxBytes = Number.POSITIVE_INFINITY): Uint8Array {
    this.#checkHeld();
    const file = name === 'status' ? this.#status() : this.#files[name];
    if (file === undefined) throw unavailable(`/proc ${name} of the process cannot be read: EACCES`);
    const bytes = Buffer.from(file);
    if (bytes.length > maxBytes) throw unavailable(`/proc ${name} is longer than ${maxBytes} bytes`);
    return bytes;
  }

  #status(): string {
    const ids = (id: number): string => [id, id, id, id].join('\t');
    return `Name:\tx\nUid:\t${ids(this.uid)}\nGid:\t${ids(this.gid)}\nGroups:\t${this.#groups.join(' ')} \n`;
  }

  readProcLink(name: string): string {
    this.#checkHeld();
    return this.#links[name] ?? this.exe;
  }

  openProcDirectory(): number {
    this.#checkHeld();
    return openSync('/proc/self', 'r');
  }

  checkAlive(): void {
    this.checks += 1;
    this.#checkHeld();
  }

  #checkHeld(): void {
    if (this.closes > 0) throw unavailable('the connection is gone');
    if (!this.isAlive) throw unavailable('the process is gone');
  }

  close(): void {
    this.closes += 1;
  }
}

/** SHA-256 of a workload's binary, read through the held process in threads of its own. Called by unix. */
import { type BigIntStats, closeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import { messageOf, unavailable } from '../../shared/errors.ts';
import type { Digest, DigestAnswer, DigestRequest } from './exe-digest.ts';
import { fileVersion } from './file-version.ts';
import { orAborted } from './or-aborted.ts';
import type { Peer } from './peer-info.ts';
import { Turns } from '../turns.ts';

export interface DigestOptions {
  /** 0 = any size. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const REMEMBERED = 1_000;
/**
 * A file on a file system that never answers holds a thread for ever, and one of terabytes holds it until the time is
 * over: one user may have one, and with the others of his the agent goes on.
 */
const HASHES = { total: 4, each: 1 };
const LOOKS = { total: 2, each: 1 }; // of the four threads that the whole agent's file calls have (libuv)
/** Two writes within one tick of the file system's clock look the same: a file that young is hashed each time. */
const SETTLED_AFTER_MS = 2_000;

/** The thread's file beside this one, as source or as built. */
const THREAD = new URL(
  `./exe-digest-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

export class ExeDigests {
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, string>({ max: REMEMBERED });
  readonly #hashes = new Turns<number>(HASHES);
  readonly #looks = new Turns<number>(LOOKS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lowercase hex; throws Unavailable when the binary is too large, cannot be read, or reading is not done in time. */
  async sha256(peer: Peer, { maxBytes, signal }: DigestOptions): Promise<string> {
    // A descriptor of its own: the connection may end, and its number be given away, while the file is read.
    const directoryFd = peer.openProcDirectory();
    const request = { path: `/proc/self/fd/${directoryFd}/exe`, maxBytes };
    const work = this.#digest(peer.uid, request, signal);
    void work.catch(() => {}).then(() => closeSync(directoryFd));
    return orAborted(work, signal);
  }

  async #digest(uid: number, request: DigestRequest, signal: AbortSignal): Promise<string> {
    const { path, maxBytes } = request;
    const seen = await this.#looks.run(uid, signal, () => look(path));
    if (maxBytes > 0 && seen.size > maxBytes) throw tooLarge(maxBytes);
    const version = fileVersion(seen);
    const known = this.#known.get(version);
    if (known !== undefined) return known;
    return this.#hashes.run(uid, signal, async () => {
      const hashed = this.#known.get(version); // while this one waited
      if (hashed !== undefined) return hashed;
      const read = await digestInThread(request, signal);
      // The process may have run another program before the thread opened it: what was hashed must be what was seen.
      if (read.version !== version) throw unavailable('the process replaced its program meanwhile');
      const ageMs = this.#clock.now().getTime() - Number(seen.ctimeMs);
      if (ageMs > SETTLED_AFTER_MS) this.#known.set(version, read.sha256);
      return read.sha256;
    });
  }
}

const look = (path: string): Promise<BigIntStats> =>
  stat(path, { bigint: true }).catch((error: unknown) => {
    throw unavailable(`the binary cannot be read: ${codeOf(error)}`, { cause: error });
  });

/** The thread ends with the answer; one that is stuck in the kernel ends when the kernel lets it. */
function digestInThread(request: DigestRequest, signal: AbortSignal): Promise<Digest> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(THREAD, {
      workerData: request,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16 },
    });
    const stop = (): void => void thread.terminate();
    signal.addEventListener('abort', stop, { once: true });
    thread.once('message', (answer: DigestAnswer) => {
      if (answer.kind === 'digest') resolve(answer);
      else if (answer.kind === 'too-large') reject(tooLarge(request.maxBytes));
      else reject(unavailable(`the binary cannot be read: ${answer.code}`));
    });
    thread.once('error', (error) => reject(unavailable(`the binary cannot be hashed: ${messageOf(error)}`)));
    thread.once('exit', () => {
      signal.removeEventListener('abort', stop);
      reject(unavailable('the binary was not hashed in time'));
    });
  });
}

const tooLarge = (maxBytes: number) =>
  unavailable(`the binary is larger than workload_size_limit, ${maxBytes} bytes`);

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);

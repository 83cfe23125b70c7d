/**
 * Looks at how much each user's processes send. Calls are few and small, but a connection can be fed with frames that are
 * no calls (WINDOW_UPDATE and its like) as fast as memory goes, and each takes the agent's time. Whoever sends too much
 * loses the connections that it comes from, and is kept out for a while. Fed by accept, run by listen.
 */
import type { Socket } from 'node:net';
import { type Clock, every } from '../../shared/clock.ts';
import type { ShutOut } from './shut-out.ts';

export interface InputMeterDeps {
  readonly shutOut: Pick<ShutOut, 'keepOut'>;
  readonly clock: Clock;
}

export type Metered = Pick<Socket, 'bytesRead' | 'destroy' | 'once'>;

interface Reading {
  readonly socket: Metered;
  readonly uid: number;
  total: number;
  /** Since the look before. */
  latest: number;
}

const LOOK_MS = 250; // for so long others wait behind it
/** A call takes 200 bytes, a connection 100: a user's whole burst takes less. */
const USER_MAX_BYTES = 1_048_576;

export class InputMeter {
  readonly #deps: InputMeterDeps;
  readonly #readings = new Set<Reading>();
  readonly #stopped = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(deps: InputMeterDeps) {
    this.#deps = deps;
  }

  /** Until it closes. */
  watch(socket: Metered, uid: number): void {
    const reading = { socket, uid, total: socket.bytesRead, latest: 0 };
    this.#readings.add(reading);
    socket.once('close', () => this.#readings.delete(reading));
  }

  start(): void {
    const { clock } = this.#deps;
    this.#looking = every({ clock, ms: () => LOOK_MS, signal: this.#stopped.signal }, async () =>
      this.#look(),
    );
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('the socket is gone'));
    await this.#looking;
  }

  #look(): void {
    const sums = new Map<number, number>();
    for (const reading of this.#readings) {
      const { bytesRead } = reading.socket;
      reading.latest = bytesRead - reading.total;
      reading.total = bytesRead;
      if (reading.latest > 0) sums.set(reading.uid, (sums.get(reading.uid) ?? 0) + reading.latest);
    }
    for (const [uid, sum] of sums) if (sum > USER_MAX_BYTES) this.#cut(uid, sum);
  }

  /** Those that sent most, until the others together are well below the bound. */
  #cut(uid: number, sum: number): void {
    const own = [...this.#readings].filter((reading) => reading.uid === uid);
    let left = sum;
    for (const { socket, latest } of own.sort((a, b) => b.latest - a.latest)) {
      if (left <= USER_MAX_BYTES / 2) break;
      left -= latest;
      socket.destroy();
    }
    this.#deps.shutOut.keepOut(uid, 'sends without pause');
  }
}

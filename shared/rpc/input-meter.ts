/**
 * Looks at how much each peer sends. Its calls are few and small, but a connection can be fed with frames that are no calls
 * (WINDOW_UPDATE and its like) as fast as memory or network goes, and each takes our time. Whoever sends too much loses
 * the connections that it comes from. Used where anybody may connect: agent/workload-api and server/listen/agents.
 */
import type { Socket } from 'node:net';
import { type Clock, every } from '../clock.ts';

export interface InputMeterOptions<Key> {
  readonly clock: Clock;
  /** Of one peer in a quarter of a second; 1 MB without it. */
  readonly maxBytes?: number | undefined;
  /** Connections of this peer have just been cut. */
  readonly onTooMuch: (key: Key) => void;
}

export type Metered = Pick<Socket, 'bytesRead' | 'destroy' | 'on'>;

interface Reading<Key> {
  readonly socket: Metered;
  readonly key: Key;
  total: number;
  /** Since the look before. */
  latest: number;
}

const LOOK_MS = 250; // for so long others wait behind it
/** A call takes some 200 bytes, a connection 100, a CSR 1,000: a peer's whole burst takes less. */
const PEER_MAX_BYTES = 1_048_576;

export class InputMeter<Key> {
  readonly #options: InputMeterOptions<Key>;
  readonly #maxBytes: number;
  readonly #readings = new Set<Reading<Key>>();
  /** Since the look before. */
  readonly #discounts = new Map<Key, number>();
  readonly #stopped = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: InputMeterOptions<Key>) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? PEER_MAX_BYTES;
  }

  /** Until it closes. */
  watch(socket: Metered, key: Key): void {
    const reading = { socket, key, total: socket.bytesRead, latest: 0 };
    this.#readings.add(reading);
    socket.on('close', () => this.#readings.delete(reading));
  }

  /** Of what this peer has sent since the last look, so many bytes do not count: they cost little. */
  discount(key: Key, bytes: number): void {
    this.#discounts.set(key, (this.#discounts.get(key) ?? 0) + bytes);
  }

  start(): void {
    const { clock } = this.#options;
    this.#looking = every({ clock, ms: () => LOOK_MS, signal: this.#stopped.signal }, async () =>
      this.#look(),
    );
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('the listener is gone'));
    await this.#looking;
  }

  #look(): void {
    const sums = new Map<Key, number>();
    for (const reading of this.#readings) {
      const { bytesRead } = reading.socket;
      reading.latest = bytesRead - reading.total;
      reading.total = bytesRead;
      if (reading.latest > 0) sums.set(reading.key, (sums.get(reading.key) ?? 0) + reading.latest);
    }
    for (const [key, sum] of sums) {
      const counted = sum - (this.#discounts.get(key) ?? 0);
      if (counted > this.#maxBytes) this.#cut(key, sum);
    }
    this.#discounts.clear();
  }

  /** Those that sent most, until the others together are well below the bound. */
  #cut(key: Key, sum: number): void {
    const own = [...this.#readings].filter((reading) => reading.key === key);
    let left = sum;
    for (const { socket, latest } of own.sort((a, b) => b.latest - a.latest)) {
      if (left <= this.#maxBytes / 2) break;
      left -= latest;
      socket.destroy();
    }
    this.#options.onTooMuch(key);
  }
}

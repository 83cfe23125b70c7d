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
  /** Of messages, so many bytes count as one: where they are large, they cost so much less than the frames between them. */
  readonly bodyWorth?: number;
  /** Connections of this peer have just been cut. */
  readonly onTooMuch: (key: Key) => void;
}

export type Metered = Pick<Socket, 'bytesRead' | 'destroy' | 'on'>;

interface Reading<Key> {
  readonly socket: Metered;
  readonly key: Key;
  total: number;
  /** Since the look before, by what it costs. */
  latest: number;
  /** Bytes that may be of messages: as many as can be on their way, and again those that have reached their call. */
  bodyCredit: number;
}

const LOOK_MS = 250; // for so long others wait behind it
const WINDOW_BYTES = 65_535; // RFC 9113 6.9.2: what a connection may send of messages before they are taken
/** A call takes some 200 bytes, a connection 100, a CSR 1,000: a peer's whole burst takes less. */
const PEER_MAX_BYTES = 1_048_576;

export class InputMeter<Key> {
  readonly #options: InputMeterOptions<Key>;
  readonly #maxBytes: number;
  readonly #readings = new Set<Reading<Key>>();
  readonly #bySocket = new WeakMap<object, Reading<Key>>();
  readonly #stopped = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: InputMeterOptions<Key>) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? PEER_MAX_BYTES;
  }

  /** Until it closes. */
  watch(socket: Metered, key: Key): void {
    const bodyCredit = this.#options.bodyWorth === undefined ? 0 : WINDOW_BYTES;
    const reading = { socket, key, total: socket.bytesRead, latest: 0, bodyCredit };
    this.#readings.add(reading);
    this.#bySocket.set(socket, reading);
    socket.on('close', () => this.#readings.delete(reading));
  }

  /** So many bytes of a message have reached their call. */
  bodyCame(socket: object, bytes: number): void {
    const reading = this.#bySocket.get(socket);
    if (reading !== undefined && this.#options.bodyWorth !== undefined)
      reading.bodyCredit = Math.min(WINDOW_BYTES, reading.bodyCredit + bytes);
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
      this.#read(reading);
      if (reading.latest > 0) sums.set(reading.key, (sums.get(reading.key) ?? 0) + reading.latest);
    }
    for (const [key, sum] of sums) if (sum > this.#maxBytes) this.#cut(key, sum);
  }

  #read(reading: Reading<Key>): void {
    const { bytesRead } = reading.socket;
    const came = bytesRead - reading.total;
    const ofBodies = Math.min(came, reading.bodyCredit);
    reading.total = bytesRead;
    reading.bodyCredit -= ofBodies;
    reading.latest = came - ofBodies + ofBodies / (this.#options.bodyWorth ?? 1);
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

/**
 * A bound on open connections where a new one always gets in: whoever holds the most gives up the oldest. For listeners
 * whose clients come, ask and go, and where who holds connections is none of them.
 */
import type { Socket } from 'node:net';

export class ConnectionRoom {
  readonly #max: number;
  readonly #byAddress = new Map<string, Set<Socket>>();
  /** As they were: a closed socket knows its own no more. */
  readonly #addresses = new Map<Socket, string>();

  constructor(max: number) {
    this.#max = max;
  }

  get open(): number {
    return this.#addresses.size;
  }

  /** Counts it until it is closed. */
  admit(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const held = this.#byAddress.get(address) ?? new Set();
    this.#byAddress.set(address, held.add(socket));
    this.#addresses.set(socket, address);
    socket.once('close', () => this.#forget(socket));
    if (this.open > this.#max) this.#makeRoom();
  }

  closeAll(): void {
    for (const socket of this.#addresses.keys()) socket.destroy();
  }

  #makeRoom(): void {
    let fullest: ReadonlySet<Socket> = new Set();
    for (const held of this.#byAddress.values()) if (held.size > fullest.size) fullest = held;
    const [oldest] = fullest;
    if (oldest === undefined) return;
    this.#forget(oldest);
    oldest.destroy();
  }

  #forget(socket: Socket): void {
    const address = this.#addresses.get(socket) ?? '';
    if (!this.#addresses.delete(socket)) return;
    const held = this.#byAddress.get(address);
    held?.delete(socket);
    if (held?.size === 0) this.#byAddress.delete(address);
  }
}

/** How many connections there may be, in all and from one address. Called by listen/agents as each is accepted. */
import type { Socket } from 'node:net';

export interface ConnectionLimitsOptions {
  readonly total: number;
  /** Of the total, those without a valid certificate. */
  readonly unidentified: number;
  /** Without a valid certificate, from one address. */
  readonly unidentifiedPerAddress: number;
}

/**
 * DIVERGES: SPIRE's server sets no limits. These are below the usual 20,000 descriptors; agents behind one address (a load
 * balancer) are limited by the total alone.
 */
export const CONNECTION_LIMITS: ConnectionLimitsOptions = {
  total: 15_000,
  unidentified: 3_000,
  unidentifiedPerAddress: 500,
};

/** The part of a socket that names its connection: the TLS socket on top has the same. */
type Ends = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress'>;

const nameOf = ({ remoteAddress, remotePort, localAddress }: Ends): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;

/** A connection counts as unidentified until its peer has shown a valid certificate. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #open = new Map<string, Socket>();
  /** Addresses by the connection's name. */
  readonly #unidentified = new Map<string, string>();
  readonly #perAddress = new Map<string, number>();

  constructor(options: ConnectionLimitsOptions = CONNECTION_LIMITS) {
    this.#options = options;
  }

  get count(): number {
    return this.#open.size;
  }

  /** False: there are too many, close it. */
  admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const name = nameOf(socket);
    const { total, unidentified, unidentifiedPerAddress } = this.#options;
    const fromAddress = this.#perAddress.get(address) ?? 0;
    if (this.#open.size >= total || this.#unidentified.size >= unidentified) return false;
    if (fromAddress >= unidentifiedPerAddress) return false;
    this.#open.set(name, socket);
    this.#unidentified.set(name, address);
    this.#perAddress.set(address, fromAddress + 1);
    socket.once('close', () => {
      this.#open.delete(name);
      this.#identified(name);
    });
    return true;
  }

  /** The peer has shown a valid certificate. */
  identified(socket: Ends): void {
    this.#identified(nameOf(socket));
  }

  /** Cuts every connection, those in their handshake included. */
  closeAll(): void {
    for (const socket of this.#open.values()) socket.destroy();
  }

  #identified(name: string): void {
    const address = this.#unidentified.get(name);
    if (address === undefined) return;
    this.#unidentified.delete(name);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}

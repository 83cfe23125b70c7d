/** How many connections there may be, in all and from one address. Called by listen/agents as each is accepted. */
import type { Socket } from 'node:net';

export interface ConnectionLimitsOptions {
  readonly total: number;
  /** Of the total, those without a valid certificate. */
  readonly unidentified: number;
  /** Without a valid certificate, from one address. */
  readonly unidentifiedPerAddress: number;
  /** With certificates of one SPIFFE ID: an agent has one or two. */
  readonly perIdentity: number;
}

/**
 * DIVERGES: SPIRE's server sets no limits. These are below the usual 20,000 descriptors; agents behind one address (a load
 * balancer) are limited by the total, and each by its own number.
 */
export const CONNECTION_LIMITS: ConnectionLimitsOptions = {
  total: 15_000,
  unidentified: 3_000,
  unidentifiedPerAddress: 500,
  perIdentity: 100,
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
  readonly #perAddress = new Counts();
  readonly #perIdentity = new Counts();

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
    if (this.#open.size >= total || this.#unidentified.size >= unidentified) return false;
    if (this.#perAddress.of(address) >= unidentifiedPerAddress) return false;
    this.#open.set(name, socket);
    this.#unidentified.set(name, address);
    this.#perAddress.add(address);
    socket.once('close', () => {
      this.#open.delete(name);
      this.#noLongerUnidentified(name);
    });
    return true;
  }

  /** The peer has shown a valid certificate with this ID. False: it has too many, close it. */
  identified(socket: Ends & Pick<Socket, 'once'>, id: string): boolean {
    if (this.#perIdentity.of(id) >= this.#options.perIdentity) return false;
    this.#noLongerUnidentified(nameOf(socket));
    this.#perIdentity.add(id);
    socket.once('close', () => this.#perIdentity.remove(id));
    return true;
  }

  /** Cuts every connection, those in their handshake included. */
  closeAll(): void {
    for (const socket of this.#open.values()) socket.destroy();
  }

  #noLongerUnidentified(name: string): void {
    const address = this.#unidentified.get(name);
    if (address === undefined) return;
    this.#unidentified.delete(name);
    this.#perAddress.remove(address);
  }
}

/** How many there are of each key; those of which there are none take no memory. */
class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  remove(key: string): void {
    const left = this.of(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}

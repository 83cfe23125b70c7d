/** The network between an agent and its server: one address that leads to a server, to another one, or nowhere. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export class TcpLink {
  readonly #server = createServer((near) => this.#accept(near));
  readonly #sockets = new Set<Socket>();
  #target: number | undefined;
  /** Connections that reached a server so far. */
  reached = 0;
  /** The last one did not, so far: whoever tries will try again by itself. */
  isTried = false;

  static async open(): Promise<TcpLink> {
    const link = new TcpLink();
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get isOpen(): boolean {
    return this.#sockets.size > 0;
  }

  leadsTo({ port }: { readonly port: number }): boolean {
    return this.#target === port;
  }

  /** New connections lead there; those that are open break off, as when a machine goes. */
  pointTo({ port }: { readonly port: number }): void {
    this.cut();
    this.#target = port;
  }

  /** Connections that are open stay, others do not come about. */
  refuseNew(): void {
    this.#target = undefined;
  }

  /** Nothing gets through, and nobody says goodbye. */
  cut(): void {
    this.#target = undefined;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #accept(near: Socket): void {
    this.#keep(near);
    this.isTried = true;
    if (this.#target === undefined) return void near.resetAndDestroy();
    const far = connect(this.#target, '127.0.0.1');
    this.#keep(far);
    far.once('data', () => {
      this.reached += 1;
      this.isTried = false;
    });
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

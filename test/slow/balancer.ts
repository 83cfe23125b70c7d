/**
 * Stands before several servers, as a load balancer does: each connection goes to the next of them, or to another where
 * that one does not answer. It comes from the address that its client has, since servers have limits for each.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Balancer {
  readonly #ports: readonly number[];
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #turn = 0;

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#server = createServer({ pauseOnConnect: true }, (client) => void this.#relay(client));
  }

  static async start(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    balancer.#server.listen(0, '0.0.0.0');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async #relay(client: Socket): Promise<void> {
    this.#keep(client);
    const server = await this.#connect(client.remoteAddress ?? '127.0.0.1');
    if (server === undefined || client.destroyed) {
      client.destroy();
      server?.destroy();
      return;
    }
    this.#keep(server);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  }

  /** To the next server that takes it. */
  async #connect(localAddress: string): Promise<Socket | undefined> {
    this.#turn += 1;
    for (let at = 0; at < this.#ports.length; at += 1) {
      const port = this.#ports[(this.#turn + at) % this.#ports.length] ?? 0;
      const socket = connect({ host: '127.0.0.1', port, localAddress });
      try {
        await once(socket, 'connect');
        return socket;
      } catch {
        socket.destroy();
      }
    }
    return undefined;
  }

  #keep(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#open.delete(socket));
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }
}

/** Answers liveness and readiness probes over HTTP. Used by server and agent. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ConnectionRoom } from '../connection-room.ts';
import { messageOf, unavailable } from '../errors.ts';
import { listenFailure } from '../listen-failure.ts';
import type { Logger } from '../log/logger.ts';
import type { Part } from '../tasks.ts';
import type { HealthAnswer, HealthChecks, HealthQuestion } from './checks.ts';

export interface HealthListenerConfig {
  readonly bindAddress: string;
  /** 0 = any. */
  readonly bindPort: number;
  readonly livePath: string;
  readonly readyPath: string;
}

export interface HealthListenerDeps {
  readonly config: HealthListenerConfig;
  readonly checks: Pick<HealthChecks, 'answer'>;
  readonly log: Logger;
}

const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000, // else a client that sends nothing is noticed after 30 s
};
const CONNECTIONS_MAX = 100;

export class HealthListener implements Part {
  readonly name = 'health-listener';
  readonly #deps: HealthListenerDeps;
  readonly #server: Server;
  readonly #room = new ConnectionRoom(CONNECTIONS_MAX);

  constructor(deps: HealthListenerDeps) {
    this.#deps = deps;
    this.#server = createServer(LIMITS, (request, response) => this.#respond(request, response));
    this.#server.on('connection', (socket: Socket) => this.#room.admit(socket));
  }

  /** The port that was bound; 0 before `start`. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Throws Unavailable, naming the address, when it is taken or not permitted. */
  async start(): Promise<void> {
    const { bindAddress, bindPort } = this.#deps.config;
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error): void =>
        reject(
          unavailable(
            `cannot answer health checks on ${bindAddress} port ${bindPort}: ${listenFailure(error)} in health_checks`,
            { cause: error },
          ),
        );
      this.#server.once('error', refuse);
      this.#server.listen(bindPort, bindAddress, () => {
        this.#server.off('error', refuse);
        this.#server.on('error', (error) =>
          this.#deps.log.error('health listener', { error: messageOf(error) }),
        );
        resolve();
      });
    });
    this.#deps.log.info('answering health checks', { address: bindAddress, port: this.port });
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    const question = this.#questionAt(request.url ?? '');
    if (question === undefined) return void response.writeHead(404).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    }
    write(response, this.#deps.checks.answer(question));
  }

  #questionAt(url: string): HealthQuestion | undefined {
    const [path] = url.split('?');
    if (path === this.#deps.config.livePath) return 'isLive';
    return path === this.#deps.config.readyPath ? 'isReady' : undefined;
  }
}

function write(response: ServerResponse, { isHealthy, details }: HealthAnswer): void {
  response.writeHead(isHealthy ? 200 : 500, { 'content-type': 'application/json' });
  response.end(JSON.stringify(details));
}

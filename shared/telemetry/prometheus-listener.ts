/** Where Prometheus reads the metrics: any path, as with SPIRE, over HTTP or over TLS by the program's own SVID. Used by server/start/metrics. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ConnectionRoom } from '../connection-room.ts';
import { messageOf, unavailable } from '../errors.ts';
import { listenFailure } from '../listen-failure.ts';
import type { Logger } from '../log/logger.ts';
import type { Part } from '../tasks.ts';
import { withKeyPem } from '../tls/key-pem.ts';
import type { TlsIdentity } from '../tls/listen.ts';
import { peerChain } from '../tls/peer-chain.ts';
import { tlsOptions } from '../tls/protocols.ts';

export interface PrometheusListenerNeeds {
  readonly host: string;
  /** 0 = any. */
  readonly port: number;
  readonly metrics: { text(): Promise<{ readonly contentType: string; readonly body: string }> };
  /** Without it, plain HTTP. */
  readonly tls?: MetricsTls;
  readonly log: Logger;
}

export interface MetricsTls {
  readonly requirePqKem: boolean;
  readonly identity: () => TlsIdentity;
  /** Calls back with each new identity. Returns the way to stop. */
  readonly onChange: (listener: (identity: TlsIdentity) => void) => () => void;
  /** Throws unless whoever showed this chain may read; undefined lets everybody, with a certificate or without. */
  readonly checkReader?: ((chain: readonly Uint8Array[]) => Promise<void>) | undefined;
}

const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 90_000, // Prometheus asks every minute or oftener, and keeps its connection
  connectionsCheckingInterval: 1_000,
};
const CONNECTIONS_MAX = 50;

export class PrometheusListener implements Part {
  readonly name = 'prometheus listener';
  readonly #needs: PrometheusListenerNeeds;
  readonly #room = new ConnectionRoom(CONNECTIONS_MAX);
  #server: Server | undefined;
  #forgetIdentity = (): void => {};

  constructor(needs: PrometheusListenerNeeds) {
    this.#needs = needs;
  }

  /** The port that was bound; 0 before `start`. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port ?? 0;
  }

  /** Throws Unavailable, naming the address, when it is taken or not permitted. */
  async start(): Promise<void> {
    const { host, port, log } = this.#needs;
    const server = this.#make();
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#room.admit(socket));
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error): void => {
        const why = listenFailure(error, { port: 'port', address: 'host' });
        reject(
          unavailable(`cannot serve metrics on ${host} port ${port}: ${why} in telemetry { Prometheus }`, {
            cause: error,
          }),
        );
      };
      server.once('error', refuse);
      server.listen(port, host, () => {
        server.off('error', refuse);
        server.on('error', (error) => log.error('metrics listener', { error: messageOf(error) }));
        resolve();
      });
    });
    log.info('serving metrics', { address: host, port: this.port });
  }

  async stop(): Promise<void> {
    this.#forgetIdentity();
    const server = this.#server;
    if (server?.listening !== true) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.#room.closeAll();
    await closed;
  }

  #make(): Server {
    const { tls } = this.#needs;
    const respond = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#respond(request, response);
    if (tls === undefined) return createHttpServer(LIMITS, respond);
    const options = {
      ...LIMITS,
      ...tlsOptions(tls.requirePqKem),
      requestCert: true,
      rejectUnauthorized: false,
    };
    const { certificatePem: cert, privateKey } = tls.identity();
    const server = withKeyPem(privateKey, (key) => createHttpsServer({ ...options, cert, key }, respond));
    this.#forgetIdentity = tls.onChange((next) =>
      withKeyPem(next.privateKey, (key) =>
        server.setSecureContext({ ...tlsOptions(tls.requirePqKem), cert: next.certificatePem, key }),
      ),
    );
    return server;
  }

  /** Never rejects: nobody would catch it, and what a reader meets must not end the program. */
  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      this.#needs.log.error('metrics cannot be read', { error: messageOf(error) });
      response.writeHead(500).end();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#needs.tls?.checkReader?.(peerChain(request.socket as TLSSocket));
    } catch (error) {
      this.#needs.log.warn('a reader of metrics was refused', { error: messageOf(error) });
      response.writeHead(403).end();
      return;
    }
    if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET' }).end();
      return;
    }
    const { contentType, body } = await this.#needs.metrics.text();
    response.writeHead(200, { 'content-type': contentType }).end(body);
  }
}

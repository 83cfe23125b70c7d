/** Opens the door: HTTPS, HTTP or a Unix socket, with bounds on what a client may take. Started by provider. */
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { ConnectionRoom } from '../../../shared/connection-room.ts';
import { assertNever, messageOf, unavailable } from '../../../shared/errors.ts';
import { listenFailure } from '../../../shared/listen-failure.ts';
import { UnixListener } from '../../../shared/rpc/unix-listener.ts';
import type { Part } from '../../../shared/tasks.ts';
import { withKeyPem } from '../../../shared/tls/key-pem.ts';
import type { TlsIdentity } from '../../../shared/tls/listen.ts';
import { WEB_TLS } from '../../../shared/tls/protocols.ts';
import type { TcpAddress } from '../config/kinds.ts';
import type { HttpsConfig, ListenConfig } from '../config/listen-fields.ts';
import type { Respond } from './respond.ts';
import { ServingCertificate, type ServingCertificateNeeds } from './serving-certificate.ts';

const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 60_000, // proxies keep their connections
  connectionsCheckingInterval: 1_000, // else a client that sends nothing is noticed after 30 s
};
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A client that does not read its answer, or is not there any more. */
const SILENCE_MAX_MS = 90_000;
const CONNECTIONS_MAX = 1_000;
const SOCKET_MODE = 0o777; // SPIRE's: the documents are for everybody, and the proxy is another user
const DIRECTORY_MODE = 0o755;

export interface OidcListenerNeeds extends Omit<ServingCertificateNeeds, 'config'> {
  readonly config: ListenConfig;
  readonly respond: Respond;
  readonly connectionsMax?: number;
}

export class OidcListener implements Part {
  readonly name = 'listener';
  readonly #needs: OidcListenerNeeds;
  readonly #room: ConnectionRoom;
  #server: Server | undefined;
  #socket: UnixListener | undefined;
  #following: Promise<void> = Promise.resolve();

  constructor(needs: OidcListenerNeeds) {
    this.#needs = needs;
    this.#room = new ConnectionRoom(needs.connectionsMax ?? CONNECTIONS_MAX);
  }

  /** The port that was bound; 0 before `start`, and on a Unix socket. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port ?? 0;
  }

  /** Throws CodedError, saying what to do, when the address cannot be had or the certificate cannot be used. */
  async start(signal: AbortSignal): Promise<void> {
    const { config, log } = this.#needs;
    switch (config.kind) {
      case 'https':
        await this.#listen(this.#httpsServer(config, signal), config.address, 'addr');
        return log.info('Serving HTTPS', { port: this.port });
      case 'http':
        await this.#listen(this.#httpServer(), config.address, 'insecure_addr');
        return log.warn('Serving HTTP (insecure)', { port: this.port }); // SPIRE's words
      case 'socket':
        await this.#listenOnSocket(config.path);
        return log.info('Serving HTTP', { network: 'unix', address: config.path });
      default:
        return assertNever(config);
    }
  }

  async stop(): Promise<void> {
    this.#socket?.close();
    const server = this.#server;
    if (server?.listening === true) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      this.#room.closeAll(); // the HTTP server does not know of those that are in their handshake
      await closed;
    } else this.#room.closeAll();
    await this.#following;
  }

  #httpServer(): Server {
    return this.#bounded(createHttpServer(LIMITS, this.#needs.respond));
  }

  #httpsServer(config: HttpsConfig, signal: AbortSignal): Server {
    const certificate = new ServingCertificate({ ...this.#needs, config });
    const withPem = <T>({ certificatePem: cert, privateKey }: TlsIdentity, use: (options: object) => T): T =>
      withKeyPem(privateKey, (key) => use({ ...WEB_TLS, cert, key }));
    const server = withPem(certificate.load(), (options) =>
      createHttpsServer(
        { ...LIMITS, ...options, handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
        this.#needs.respond,
      ),
    );
    // Open connections keep what they were shown.
    const take = (identity: TlsIdentity): void =>
      withPem(identity, (options) => server.setSecureContext(options));
    this.#following = certificate.follow(take, signal);
    return this.#bounded(server);
  }

  #bounded(server: Server): Server {
    server.timeout = SILENCE_MAX_MS;
    server.on('connection', (socket: Socket) => this.#room.admit(socket));
    this.#server = server;
    return server;
  }

  async #listen(server: Server, { host, port }: TcpAddress, key: string): Promise<void> {
    const { log } = this.#needs;
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error): void => {
        const why = listenFailure(error, { port: key, address: key });
        reject(unavailable(`cannot listen on ${host ?? ''}:${port}: ${why}`, { cause: error }));
      };
      server.once('error', refuse);
      server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
        server.off('error', refuse);
        server.on('error', (error) => log.error('listener', { error: messageOf(error) }));
        resolve();
      });
    });
  }

  async #listenOnSocket(path: string): Promise<void> {
    const { log } = this.#needs;
    const server = this.#httpServer();
    this.#socket = new UnixListener({
      path,
      socketMode: SOCKET_MODE,
      directoryMode: DIRECTORY_MODE,
      onConnection: (socket) => server.emit('connection', socket),
      onError: (error) => log.error('listener', { error: messageOf(error) }),
    });
    await this.#socket.listen();
  }
}

/** A TLS listener that asks for a client certificate and leaves judging it to its caller (design D8). */
import type { KeyObject } from 'node:crypto';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { AddressInfo, Socket } from 'node:net';
import { withKeyPem } from './key-pem.ts';
import { peerChain } from './peer-chain.ts';
import { H2, LONG_LIVED, tlsOptions } from './protocols.ts';

export interface TlsIdentity {
  /** The chain, leaf first. */
  readonly certificatePem: string;
  readonly privateKey: KeyObject;
}

export interface SecuredConnection {
  readonly socket: TLSSocket;
  /** DER, leaf first; empty without a client certificate. Not verified. */
  readonly chain: readonly Uint8Array[];
  readonly remoteAddress: string;
  readonly isLongLived: boolean;
}

export interface TlsListenerOptions {
  readonly identity: TlsIdentity;
  readonly requirePqKem: boolean;
  /** Asked of each connection before its handshake; false closes it. */
  readonly admit?: (socket: Socket) => boolean;
  readonly onConnection: (connection: SecuredConnection) => void;
  /** A handshake that failed: fit for a debug log. */
  readonly onTlsError: (error: Error) => void;
  readonly handshakeTimeoutMs?: number;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

export class TlsListener {
  readonly #server: Server;
  readonly #requirePqKem: boolean;

  constructor(options: TlsListenerOptions) {
    const { identity, requirePqKem, admit = () => true, onConnection, onTlsError } = options;
    this.#requirePqKem = requirePqKem;
    this.#server = withKeyPem(identity.privateKey, (key) =>
      createServer({
        ...tlsOptions(requirePqKem),
        cert: identity.certificatePem,
        key,
        requestCert: true,
        rejectUnauthorized: false,
        ALPNProtocols: [LONG_LIVED, H2],
        handshakeTimeout: options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
      }),
    );
    this.#server.on('connection', (socket: Socket) => {
      if (!admit(socket)) socket.destroy();
    });
    this.#server.on('secureConnection', (socket) => {
      onConnection({
        socket,
        chain: peerChain(socket),
        remoteAddress: socket.remoteAddress ?? '',
        isLongLived: socket.alpnProtocol === LONG_LIVED,
      });
    });
    this.#server.on('tlsClientError', (error, socket) => {
      socket.destroy(); // a handshake that timed out is only reported, not ended
      onTlsError(error);
    });
  }

  /** New connections get this identity; open ones keep theirs. */
  setIdentity(identity: TlsIdentity): void {
    // Every option again: a context without minVersion would admit TLS 1.2.
    const options = { ...tlsOptions(this.#requirePqKem), cert: identity.certificatePem };
    withKeyPem(identity.privateKey, (key) => this.#server.setSecureContext({ ...options, key }));
  }

  /** Binds; the port that was bound (0 asks for any). Throws when the address is taken or not allowed. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops accepting; open connections are their owners' to close. */
  close(): void {
    this.#server.close();
  }
}

/**
 * gRPC client credentials that verify the server by its SPIFFE ID in our own code, with an injected clock, and follow
 * a rotating identity. The library's own credentials would first want OpenSSL's verdict, which knows neither.
 */
import { connect, type TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';
import { systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { TlsIdentity } from './listen.ts';
import { withKeyPem } from './key-pem.ts';
import { peerChain } from './peer-chain.ts';
import { H2, LONG_LIVED, tlsOptions } from './protocols.ts';

export interface SpiffeCredentialsOptions {
  /** The identity to present; read at each new connection. undefined presents none. */
  readonly identity: () => TlsIdentity | undefined;
  /** Throws unless the chain (DER, leaf first) is that of the expected peer. */
  readonly verifyPeer: (chain: readonly Uint8Array[]) => void;
  readonly requirePqKem: boolean;
  /** SNI: any host name will do, an IP address will not (RFC 6066 3); empty sends none. */
  readonly serverName: string;
  readonly handshakeTimeoutMs?: number;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;

export class SpiffeCredentials extends ChannelCredentials {
  readonly #options: SpiffeCredentialsOptions;

  constructor(options: SpiffeCredentialsOptions) {
    super();
    this.#options = options;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(): Connector {
    return {
      connect: async (socket: Socket) => ({ socket: await secure(socket, this.#options), secure: true }),
      waitForReady: async () => {},
      getCallCredentials: () => CallCredentials.createEmpty(),
      destroy: () => {},
    };
  }
}

function secure(socket: Socket, options: SpiffeCredentialsOptions): Promise<TLSSocket> {
  const { verifyPeer, handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS } = options;
  const secured = greet(socket, options);
  const over = new AbortController();
  return new Promise<TLSSocket>((resolve, reject) => {
    const fail = (error: unknown): void => {
      secured.destroy();
      reject(new Error(messageOf(error)));
    };
    secured.once('error', fail);
    secured.once('close', () => fail('connection closed during the TLS handshake'));
    systemClock.sleep(handshakeTimeoutMs, over.signal).then(
      () => fail(`the TLS handshake took longer than ${handshakeTimeoutMs} ms`),
      () => {},
    );
    secured.once('secureConnect', () => {
      try {
        verifyPeer(peerChain(secured));
        secured.off('error', fail);
        resolve(secured);
      } catch (error) {
        fail(error);
      }
    });
  }).finally(() => over.abort());
}

function greet(socket: Socket, { identity, requirePqKem, serverName }: SpiffeCredentialsOptions): TLSSocket {
  const options = {
    socket,
    servername: serverName,
    ALPNProtocols: [LONG_LIVED, H2],
    rejectUnauthorized: false, // judged by verifyPeer, before a byte of HTTP/2 is sent
    ...tlsOptions(requirePqKem),
  };
  const own = identity();
  if (own === undefined) return connect(options);
  return withKeyPem(own.privateKey, (key) => connect({ ...options, cert: own.certificatePem, key }));
}

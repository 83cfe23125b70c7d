/**
 * TLS with X.509-SVIDs for node:tls and node:https: both sides present their SVID, verify the other's against the
 * bundle of its own trust domain, and follow rotation. OpenSSL's own verdict is not relied on: any CA of any trust
 * domain would do for it, and on a server an authority that is not self-signed would not.
 */
import { Agent, createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { RequestListener } from 'node:http';
import { connect, createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { systemClock } from '../clock.ts';
import { formatPem } from '../crypto/pem.ts';
import { unavailable } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { verifyX509Svid } from '../svid/x509-svid.ts';
import type { TrustDomain } from '../spiffe/trust-domain.ts';
import { withKeyPem } from '../tls/key-pem.ts';
import { peerChain } from '../tls/peer-chain.ts';
import { tlsOptions } from '../tls/protocols.ts';
import { serverNameOf } from '../tls/server-name.ts';
import type { Authorizer } from './authorize.ts';
import type { X509Source } from './x509-source.ts';

export interface MtlsOptions {
  readonly source: X509Source;
  readonly authorize: Authorizer;
}

const peers = new WeakMap<TLSSocket, SpiffeId>();

/** The verified SPIFFE ID of the peer. Throws Unavailable on a socket that did not come from this file. */
export function peerIdOf(socket: TLSSocket): SpiffeId {
  const id = peers.get(socket);
  if (id === undefined) throw unavailable('the peer of this connection has not been verified');
  return id;
}

/** A TLS server; `onConnection` gets verified and authorized peers only. */
export function createMtlsServer(options: MtlsOptions, onConnection: (socket: TLSSocket) => void): Server {
  const server = withIdentity(options.source, (identity) =>
    createServer({ ...identity, ...ASK_FOR_CERTIFICATE }),
  );
  guard(server, options);
  server.on('secureConnection', (socket) => {
    if (!socket.destroyed) onConnection(socket);
  });
  return server;
}

/** An HTTPS server; requests of verified and authorized peers only. */
export function createMtlsHttpsServer(options: MtlsOptions, onRequest: RequestListener): HttpsServer {
  const listener: RequestListener = (request, response) => {
    if (!peers.has(request.socket as TLSSocket)) request.socket.destroy();
    else onRequest(request, response);
  };
  const server = withIdentity(options.source, (identity) =>
    createHttpsServer({ ...identity, ...ASK_FOR_CERTIFICATE }, listener),
  );
  guard(server, options);
  return server;
}

/** Verifies each new connection before anything else sees it, and renews the certificate that new ones get. */
function guard(server: Server | HttpsServer, options: MtlsOptions): void {
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (admit(options, socket) !== undefined) socket.destroy();
  });
  const stop = options.source.onUpdate(() => renew(server, options.source));
  server.once('close', stop);
}

/** Notes who the peer is, for peerIdOf; why it is refused otherwise. */
function admit({ source, authorize }: MtlsOptions, socket: TLSSocket): Error | undefined {
  try {
    source.identity(); // an identity that was taken away serves nobody
    const authorities = (trustDomain: TrustDomain) => source.authorities(trustDomain.name);
    const { id } = verifyX509Svid({ chain: peerChain(socket), authorities, at: systemClock.now() });
    authorize(id);
    peers.set(socket, id);
    return undefined;
  } catch (error) {
    return asError(error);
  }
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Without an identity the old certificate stays, which serves nobody: see admit. */
function renew(server: Server | HttpsServer, source: X509Source): void {
  if (source.hasIdentity) withIdentity(source, (identity) => server.setSecureContext(identity));
}

/** What `use` makes of the TLS options that present the current SVID; they hold no key any more when it has returned. */
function withIdentity<Result>(source: X509Source, use: (options: SecureContextOptions) => Result): Result {
  const { chain, privateKey } = source.identity();
  const cert = chain.map((der) => formatPem('CERTIFICATE', der)).join('');
  return withKeyPem(privateKey, (key) => use({ ...tlsOptions(false), cert, key }));
}

/** `requestCert` makes the client prove that the key of its certificate is its own; the certificate is for `guard`. */
const ASK_FOR_CERTIFICATE = { requestCert: true, rejectUnauthorized: false } as const;

export interface MtlsAddress {
  readonly host: string;
  readonly port: number;
  /** Gives up connecting when aborted. */
  readonly signal?: AbortSignal;
}

/** A verified and authorized TLS connection to `host:port`; the host name plays no part in who that is. */
export async function connectMtls(options: MtlsOptions, address: MtlsAddress): Promise<TLSSocket> {
  const { host, port, signal } = address;
  signal?.throwIfAborted();
  const socket = dial(options, { host, port });
  const giveUp = (): void => void socket.destroy(asError(signal?.reason));
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await secured(socket);
    return socket;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(unavailable('the connection ended during the TLS handshake')));
    socket.once('secureConnect', () => {
      if (!peers.has(socket)) return; // it is being destroyed
      socket.off('error', reject);
      resolve();
    });
  });
}

/** Before anything is sent, OpenSSL asks whose certificate it is: after its own verdict, and not of a resumed session. */
function dial(options: MtlsOptions, address: { readonly host: string; readonly port: number }): TLSSocket {
  const { source } = options;
  const trust = {
    ca: [...source.bundles().values()].flat().map((der) => formatPem('CERTIFICATE', der)),
    allowPartialTrustChain: true, // X509-SVID 6.1: an authority should be self-signed, but need not be
    servername: serverNameOf(source.identity().svid.id.trustDomain),
    checkServerIdentity: () => admit(options, socket),
  };
  const socket: TLSSocket = withIdentity(source, (identity) =>
    connect({ ...identity, ...address, ...trust }),
  );
  socket.once('secureConnect', () => {
    if (!peers.has(socket)) socket.destroy(unavailable('the peer of this connection has not been verified'));
  });
  return socket;
}

/** An https.Agent whose every new connection uses the current SVID and verifies the server by its SPIFFE ID. */
export class MtlsAgent extends Agent {
  readonly #options: MtlsOptions;

  constructor(options: MtlsOptions) {
    super({ keepAlive: true, maxCachedSessions: 0 });
    this.#options = options;
  }

  override createConnection(...[options]: Parameters<Agent['createConnection']>): TLSSocket {
    const address = { host: options.host ?? 'localhost', port: Number(options.port) };
    return dial(this.#options, address);
  }
}

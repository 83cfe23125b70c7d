/**
 * TLS with X.509-SVIDs for node:tls and node:https: both sides present their SVID, verify the other's against the
 * bundle of its own trust domain, and follow rotation. What OpenSSL checks is not relied on for identity: any CA of any
 * trust domain would do for it.
 */
import { Agent, createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { RequestListener } from 'node:http';
import {
  type ConnectionOptions,
  connect,
  createServer,
  type PeerCertificate,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { systemClock } from '../clock.ts';
import { formatPem } from '../crypto/pem.ts';
import { unavailable } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { verifyX509Svid } from '../svid/x509-svid.ts';
import { peerChain, chainOf } from '../tls/peer-chain.ts';
import { tlsOptions } from '../tls/protocols.ts';
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
  const server = createServer(serverOptions(options.source));
  guard(server, options);
  server.on('secureConnection', (socket) => {
    if (!socket.destroyed) onConnection(socket);
  });
  return server;
}

/** An HTTPS server; requests of verified and authorized peers only. */
export function createMtlsHttpsServer(options: MtlsOptions, onRequest: RequestListener): HttpsServer {
  const server = createHttpsServer(serverOptions(options.source), (request, response) => {
    if (!peers.has(request.socket as TLSSocket)) request.socket.destroy();
    else onRequest(request, response);
  });
  guard(server, options);
  return server;
}

/** Verifies each new connection before anything else sees it, and renews the certificate that new ones get. */
function guard(server: Server | HttpsServer, options: MtlsOptions): void {
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    try {
      options.source.identity(); // an identity that was taken away serves nobody
      peers.set(socket, verify(options, peerChain(socket)));
    } catch {
      socket.destroy();
    }
  });
  const stop = options.source.onUpdate(() => renew(server, options.source));
  server.once('close', stop);
}

function renew(server: Server | HttpsServer, source: X509Source): void {
  if (source.bundles().size > 0) server.setSecureContext(contextOptions(source));
}

function verify({ source, authorize }: MtlsOptions, chain: readonly Uint8Array[]): SpiffeId {
  const authorities = (trustDomain: { readonly name: string }) => source.authorities(trustDomain.name);
  const { id } = verifyX509Svid({ chain, authorities, at: systemClock.now() });
  authorize(id);
  return id;
}

function contextOptions(source: X509Source) {
  const { chain, privateKey } = source.identity();
  return {
    ...tlsOptions(false),
    cert: chain.map((der) => formatPem('CERTIFICATE', der)).join(''),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    ca: [...source.bundles().values()].flat().map((der) => formatPem('CERTIFICATE', der)),
  };
}

const serverOptions = (source: X509Source) => ({
  ...contextOptions(source),
  requestCert: true,
  rejectUnauthorized: true,
});

/** A verified and authorized TLS connection to `host:port`; the host name plays no part in who that is. */
export function connectMtls(
  options: MtlsOptions,
  address: { readonly host: string; readonly port: number },
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = remember(options, connect({ ...address, ...clientOptions(options) }));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      if (!socket.destroyed) resolve(socket);
    });
  });
}

/** Notes who the server is, for peerIdOf. checkServerIdentity has refused a wrong one by then: this cannot differ. */
function remember(options: MtlsOptions, socket: TLSSocket): TLSSocket {
  socket.once('secureConnect', () => {
    try {
      peers.set(socket, verify(options, peerChain(socket)));
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  return socket;
}

function clientOptions(options: MtlsOptions): ConnectionOptions {
  return {
    ...contextOptions(options.source),
    servername: options.source.identity().svid.id.trustDomain.name.replace(/[^a-z0-9.-]/g, '-'),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => refusal(options, certificate),
  };
}

function refusal(options: MtlsOptions, certificate: PeerCertificate): Error | undefined {
  try {
    verify(options, chainOf(certificate));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
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
    return remember(this.#options, connect({ ...clientOptions(this.#options), ...address }));
  }
}

/**
 * Servers for node:tls, node:https and node:http2 that present the source's SVID, let in nobody but verified and
 * authorized clients, and follow rotation: who connects gets the SVID of the moment, and who is connected stays so.
 */
import type { RequestListener } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { createServer, type Server, TLSSocket } from 'node:tls';
import { peerChain } from '../tls/peer-chain.ts';
import { H2 } from '../tls/protocols.ts';
import { withServerContext } from './own-identity.ts';
import { admit, isAdmitted, type MtlsOptions } from './peer.ts';
import type { X509Source } from './x509-source.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** `requestCert` makes the client prove that the key of its certificate is its own; the certificate is for `admit`. */
const ASK_FOR_CERTIFICATE = {
  requestCert: true,
  rejectUnauthorized: false,
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
} as const;

/** A TLS server; `onConnection` gets verified and authorized peers only. Throws Unavailable without an identity. */
export function createMtlsServer(options: MtlsOptions, onConnection: (socket: TLSSocket) => void): Server {
  const server = withServerContext(options.source, (context) =>
    createServer({ ...context, ...ASK_FOR_CERTIFICATE }),
  );
  guard(server, options);
  server.on('tlsClientError', (_error, socket) => void socket.destroy()); // a handshake that timed out is not ended else
  server.on('secureConnection', (socket) => {
    if (!socket.destroyed) onConnection(socket);
  });
  return server;
}

/** An HTTPS server; requests of verified and authorized peers only. Throws Unavailable without an identity. */
export function createMtlsHttpsServer(options: MtlsOptions, onRequest: RequestListener): HttpsServer {
  const listener: RequestListener = (request, response) => {
    if (isAdmitted(request.socket)) onRequest(request, response);
    else request.socket.destroy();
  };
  const server = withServerContext(options.source, (context) =>
    createHttpsServer({ ...context, ...ASK_FOR_CERTIFICATE }, listener),
  );
  guard(server, options);
  return server;
}

type Http2Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** An HTTP/2 server; requests of verified and authorized peers only. Throws Unavailable without an identity. */
export function createMtlsHttp2Server(options: MtlsOptions, onRequest: Http2Listener): Http2SecureServer {
  const server = withServerContext(options.source, (context) =>
    createSecureServer({ ...context, ...http2Gate(options) }, onRequest),
  );
  follow(server, options.source);
  return server;
}

/** Verifies each new connection before anything else sees it. */
function guard(server: Server | HttpsServer, options: MtlsOptions): void {
  server.prependListener('secureConnection', (socket: TLSSocket) => letIn(socket, options));
  follow(server, options.source);
}

/** Without an identity the old certificate stays, which serves nobody: see X509Source.verify. */
function follow(server: Server | HttpsServer | Http2SecureServer, source: X509Source): void {
  const stop = source.onUpdate(() => {
    if (source.hasIdentity) withServerContext(source, (context) => server.setSecureContext(context));
  });
  server.once('close', stop);
}

/** A peer that is not let in loses its connection. */
function letIn(socket: TLSSocket, options: MtlsOptions): void {
  if (!isLetIn(socket, options)) socket.destroy();
}

function isLetIn(socket: TLSSocket, options: MtlsOptions): boolean {
  try {
    admit(peerChain(socket), socket, options);
    socket.authorized = true; // for whoever asks the socket: OpenSSL was given no authorities to say so
    return true;
  } catch {
    return false;
  }
}

/**
 * Options of a server that speaks HTTP/2, which begins with the first packet behind the handshake: earlier than a
 * listener for its end could look at the certificate. So the library is told to end whatever OpenSSL does not trust,
 * which is everybody, and a peer that is let in is taken out of that. The one step of the handshake that is told the
 * socket is ALPN, without which there is no HTTP/2. Where the library comes to work in another way, nobody is let in.
 */
export const http2Gate = (options: MtlsOptions) => ({
  requestCert: true,
  rejectUnauthorized: true,
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  ALPNCallback(this: unknown, { protocols }: { readonly protocols: readonly string[] }): string | undefined {
    if (!(this instanceof TLSSocket) || !protocols.includes(H2)) return undefined;
    judgeWhenSecure(this, options);
    return H2;
  },
});

function judgeWhenSecure(socket: TLSSocket & { _rejectUnauthorized?: boolean }, options: MtlsOptions): void {
  socket.prependOnceListener('secure', () => {
    if (isLetIn(socket, options)) socket._rejectUnauthorized = false;
  });
}

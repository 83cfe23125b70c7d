/**
 * TLS connections of clients that present an SVID and judge the server's in our own code. OpenSSL's verdict is not asked
 * for: it knows neither trust domains nor the clock that was handed in. Called by spiffe-credentials and shared/client.
 */
import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { systemClock } from '../clock.ts';
import { unavailable } from '../errors.ts';
import { withKeyPem } from './key-pem.ts';
import type { TlsIdentity } from './listen.ts';
import { peerChain } from './peer-chain.ts';
import { tlsOptions } from './protocols.ts';

export interface DialOptions {
  /** The identity to present; read at each new connection. undefined presents none. */
  readonly identity: () => TlsIdentity | undefined;
  /** Throws unless the chain (DER, leaf first) is that of the expected peer. */
  readonly verifyPeer: (chain: readonly Uint8Array[], socket: TLSSocket) => void;
  readonly requirePqKem: boolean;
  /** SNI: any host name will do, an IP address will not (RFC 6066 3); empty sends none. */
  readonly serverName: string;
  /** For ALPN (RFC 7301), the preferred one first; without any it is left out. */
  readonly protocols: readonly string[];
}

/** A connected or connecting socket to speak TLS on, or where to connect to. */
export type DialTarget = { readonly socket: Socket } | { readonly host: string; readonly port: number };

/**
 * Begins the handshake. A server that verifyPeer refuses ends it with the socket's 'error', before a byte of what was
 * written is sent: the library releases that only after 'secureConnect'. No session is resumed, so that each connection
 * brings a certificate.
 */
export function dialSpiffe(target: DialTarget, options: DialOptions): TLSSocket {
  const socket = greet(target, options);
  socket.once('secureConnect', () => {
    try {
      options.verifyPeer(peerChain(socket), socket);
      socket.authorized = true; // for whoever asks the socket: OpenSSL was given no authorities to say so
    } catch (error) {
      socket.destroy(asError(error));
    }
  });
  return socket;
}

function greet(target: DialTarget, options: DialOptions): TLSSocket {
  const { identity, requirePqKem, serverName, protocols } = options;
  const tls = {
    ...target,
    servername: serverName,
    ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
    rejectUnauthorized: false, // judged by verifyPeer
    ca: [],
    ...tlsOptions(requirePqKem),
  };
  const own = identity();
  if (own === undefined) return connect(tls);
  return withKeyPem(own.privateKey, (key) => connect({ ...tls, cert: own.certificatePem, key }));
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

export interface Patience {
  readonly timeoutMs?: number;
  /** Gives up when aborted. */
  readonly signal?: AbortSignal;
}

/** The socket once its peer is verified. Rejects, and the socket is destroyed, when it is refused or patience ends. */
export async function whenSecured(socket: TLSSocket, { timeoutMs, signal }: Patience): Promise<TLSSocket> {
  const over = new AbortController();
  const giveUp = (): void => void socket.destroy(asError(signal?.reason));
  signal?.addEventListener('abort', giveUp, { once: true });
  if (timeoutMs !== undefined) limit(socket, timeoutMs, over.signal);
  try {
    return await new Promise<TLSSocket>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(unavailable('the connection ended during the TLS handshake')));
      socket.once('secureConnect', () => {
        if (socket.destroyed) return; // refused: 'error' comes
        socket.off('error', reject);
        resolve(socket);
      });
    });
  } finally {
    over.abort();
    signal?.removeEventListener('abort', giveUp);
  }
}

function limit(socket: TLSSocket, timeoutMs: number, signal: AbortSignal): void {
  const tooLate = unavailable(`the TLS handshake took longer than ${timeoutMs} ms`);
  systemClock.sleep(timeoutMs, signal).then(
    () => socket.destroy(tooLate),
    () => {},
  );
}

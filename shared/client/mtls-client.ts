/**
 * Clients for node:tls, node:https and node:http2: each new connection presents the SVID of the moment and verifies the
 * server by its SPIFFE ID. The host name plays no part in who the server is.
 */
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { bytesEqual } from '../bytes.ts';
import { unavailable } from '../errors.ts';
import { H2 } from '../tls/protocols.ts';
import { serverNameOf } from '../tls/server-name.ts';
import { type DialOptions, type DialTarget, dialSpiffe, whenSecured } from '../tls/spiffe-dial.ts';
import { tlsIdentityOf } from './own-identity.ts';
import { admit, type MtlsOptions } from './peer.ts';
import type { X509Source } from './x509-source.ts';

export interface MtlsAddress {
  readonly host: string;
  readonly port: number;
  /** Gives up connecting when aborted. */
  readonly signal?: AbortSignal;
}

/** How to dial as this source, for whom these options authorize. Throws Unavailable without an identity. */
export const dialOptions = (options: MtlsOptions, protocols: readonly string[]): DialOptions => ({
  identity: () => tlsIdentityOf(options.source),
  verifyPeer: (chain, socket) => admit(chain, socket, options),
  requirePqKem: false,
  serverName: serverNameOf(options.source.identity().svid.id.trustDomain),
  protocols,
});

/** A verified and authorized TLS connection to `host:port`. Throws what refused the server; Unavailable without an identity. */
export function connectMtls(options: MtlsOptions, address: MtlsAddress): Promise<TLSSocket> {
  return connect(options, address, []);
}

async function connect(
  options: MtlsOptions,
  { host, port, signal }: MtlsAddress,
  protocols: readonly string[],
): Promise<TLSSocket> {
  signal?.throwIfAborted();
  const socket = dialSpiffe({ host, port }, dialOptions(options, protocols));
  return whenSecured(socket, signal === undefined ? {} : { signal });
}

/** An HTTP/2 session with a verified and authorized server. Throws as connectMtls does, or when the server has no HTTP/2. */
export async function connectMtlsHttp2(
  options: MtlsOptions,
  address: MtlsAddress,
): Promise<ClientHttp2Session> {
  const socket = await connect(options, address, [H2]);
  if (socket.alpnProtocol !== H2) {
    socket.destroy();
    throw unavailable('the server does not speak HTTP/2');
  }
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return connectHttp2(`https://${host}:${address.port}`, { createConnection: () => socket });
}

/**
 * An https.Agent whose connections are kept, but not beyond a rotation: a request that begins after it goes out on a
 * connection that presents the new SVID. Requests under way end in peace.
 */
export class MtlsAgent extends Agent {
  readonly #options: MtlsOptions;
  readonly #presented = new WeakMap<Duplex, Uint8Array | undefined>();

  constructor(options: MtlsOptions) {
    super({ keepAlive: true, maxCachedSessions: 0 });
    this.#options = options;
  }

  override createConnection(...[options]: Parameters<Agent['createConnection']>): TLSSocket {
    const { source } = this.#options;
    const target: DialTarget = { host: options.host ?? 'localhost', port: Number(options.port) };
    const socket = dialSpiffe(target, dialOptions(this.#options, []));
    this.#presented.set(socket, leafOf(source));
    const stop = source.onUpdate(() => {
      if (this.#isIdle(socket) && !this.#isCurrent(socket)) socket.destroy();
    });
    socket.once('close', stop);
    return socket;
  }

  /** Asked by the library when a request has ended: whether another one may follow on its connection. */
  override keepSocketAlive(socket: Duplex): boolean {
    const isKept: unknown = super.keepSocketAlive(socket); // node:http documents true, its types say void
    return isKept === true && this.#isCurrent(socket);
  }

  #isCurrent(socket: Duplex): boolean {
    const { source } = this.#options;
    const presented = this.#presented.get(socket);
    const current = source.hasIdentity ? leafOf(source) : undefined;
    return presented !== undefined && current !== undefined && bytesEqual(presented, current);
  }

  #isIdle(socket: TLSSocket): boolean {
    return Object.values(this.freeSockets).some((kept) => kept?.includes(socket));
  }
}

const leafOf = (source: X509Source): Uint8Array | undefined => source.identity().chain[0];

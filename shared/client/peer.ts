/**
 * Who is at the other end of a connection. A peer is judged when the handshake ends, before anything that it says is
 * read; whether a connection outlives its peer's SVID is the option of whoever makes it.
 */
import type { Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { isWithin, type Moment, momentOf } from '../clock.ts';
import { unavailable } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import type { X509Svid } from '../svid/x509-svid.ts';
import { askAuthorizer, type Authorizer } from './authorize.ts';
import type { X509Source } from './x509-source.ts';

export interface MtlsOptions {
  readonly source: X509Source;
  readonly authorize: Authorizer;
  /**
   * Closes a connection, with what is under way on it, as soon as its peer's SVID expires or loses its trust, or its ID
   * is not authorized any more. Unless set, a connection is judged once, when it is made, as in the other SDKs.
   */
  readonly closesUntrusted?: boolean;
}

interface Peer {
  readonly chain: readonly Uint8Array[];
  readonly svid: X509Svid;
  readonly options: MtlsOptions;
  judged: Judged;
}

/** When its chain was verified last, and by what. */
interface Judged {
  readonly bundles: ReadonlyMap<string, unknown>;
  readonly moment: Moment;
}

/** For so long a chain that was verified is not verified again by the same bundles: each time costs as much as a signature. */
const FRESH_MS = 10_000;

/** A property of the socket, since node:http2 shows its sockets through proxies. */
const PEER = Symbol('the verified peer');

/** As @grpc/grpc-js has it. */
export interface AuthContext {
  transportSecurityType?: string;
  sslPeerCertificate?: PeerCertificate;
}

/** Something that belongs to a connection of this library: its socket, or a call of @grpc/grpc-js that a server answers. */
export type Connected = Socket | { getAuthContext(): AuthContext };

/** What gRPC calls show of their connection. */
const contexts = new WeakMap<Peer, AuthContext>();
const ofContexts = new WeakMap<AuthContext, Peer>();

/** The SPIFFE ID of the peer, verified when the connection was made. Throws Unavailable on what is not of this library's. */
export const peerIdOf = (connected: Connected): SpiffeId => peerOf(connected).svid.id;

/** When the SVID expires that the peer presented. Throws Unavailable on what is not of this library's. */
export const peerExpiryOf = (connected: Connected): Date => peerOf(connected).svid.expiresAt;

/**
 * Verifies and authorizes the peer once more, by the bundles of now; its ID. For long connections on which each request
 * must count. Throws InvalidArgument or PermissionDenied when it is not trusted any more.
 */
export function checkPeer(connected: Connected): SpiffeId {
  const peer = peerOf(connected);
  const { options, svid } = peer;
  if (isFresh(peer)) askAuthorizer(options.authorize, svid.id);
  else {
    judge(peer.chain, options);
    peer.judged = judgedNow(options);
  }
  return svid.id;
}

/** Whether the chain would be verified with what it was verified with a moment ago. */
function isFresh({ judged, svid, options: { source } }: Peer): boolean {
  const now = momentOf(source.clock);
  return (
    judged.bundles === source.bundles() && isWithin(FRESH_MS, judged.moment, now) && now.at <= svid.expiresAt
  );
}

const judgedNow = ({ source }: MtlsOptions): Judged => ({
  bundles: source.bundles(),
  moment: momentOf(source.clock),
});

function peerOf(connected: Connected): Peer {
  const peer =
    'getAuthContext' in connected ? ofContexts.get(connected.getAuthContext()) : findPeer(connected);
  if (peer === undefined) throw unavailable('the peer of this connection has not been verified');
  return peer;
}

const findPeer = (socket: Socket): Peer | undefined => (socket as Socket & { [PEER]?: Peer })[PEER];

/** Whether the peer has been let in. */
export const isAdmitted = (socket: Socket): boolean => findPeer(socket) !== undefined;

/** What the calls of this connection are to show as theirs, so that peerIdOf knows them; undefined without a verified peer. */
export function authContextOf(socket: TLSSocket): AuthContext | undefined {
  const peer = findPeer(socket);
  if (peer === undefined) return undefined;
  const known = contexts.get(peer);
  if (known !== undefined) return known;
  const context = { transportSecurityType: 'ssl', sslPeerCertificate: socket.getPeerCertificate() };
  contexts.set(peer, context);
  ofContexts.set(context, peer);
  return context;
}

function judge(chain: readonly Uint8Array[], { source, authorize }: MtlsOptions): X509Svid {
  const svid = source.verify(chain);
  askAuthorizer(authorize, svid.id);
  return svid;
}

/** Lets the peer in that presented this chain. Throws, with why, when it is not to be let in. */
export function admit(chain: readonly Uint8Array[], socket: TLSSocket, options: MtlsOptions): void {
  const peer: Peer = { chain, svid: judge(chain, options), options, judged: judgedNow(options) };
  Object.defineProperty(socket, PEER, { value: peer });
  if (options.closesUntrusted === true) watch(socket, peer);
}

/** Until the connection closes. */
function watch(socket: TLSSocket, { chain, svid, options }: Peer): void {
  const { source } = options;
  const closed = new AbortController();
  const check = (): void => {
    try {
      judge(chain, options);
    } catch (error) {
      socket.destroy(unavailable('the peer is not trusted any more', { cause: error }));
    }
  };
  const stop = source.onUpdate(check);
  const ms = svid.expiresAt.getTime() - source.clock.now().getTime() + 1; // RFC 5280 4.1.2.5: notAfter still counts
  source.clock.sleep(ms, closed.signal).then(check, () => {});
  socket.once('close', () => {
    stop();
    closed.abort();
  });
}

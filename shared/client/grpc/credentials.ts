/**
 * Credentials for servers and channels of @grpc/grpc-js. Both follow rotation; a channel's open connection goes on with
 * the SVID that it presented. They work with that copy of the library alone which this package uses.
 */
import {
  type ChannelCredentials,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { ServerHttp2Stream } from 'node:http2';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { Code } from '../../errors.ts';
import { H2 } from '../../tls/protocols.ts';
import { SpiffeCredentials } from '../../tls/spiffe-credentials.ts';
import { dialOptions } from '../mtls-client.ts';
import { http2Gate } from '../mtls-server.ts';
import { SERVER_CONTEXT, withServerContext } from '../own-identity.ts';
import { type AuthContext, authContextOf, type MtlsOptions } from '../peer.ts';

/** For clients: verifies the server by its SPIFFE ID, whatever its address. Throws Unavailable without an identity. */
export const mtlsChannelCredentials = (options: MtlsOptions): ChannelCredentials =>
  new SpiffeCredentials(dialOptions(options, [H2]));

/** For Server.bindAsync: lets in verified and authorized clients only, nobody while the source has no identity. */
export const mtlsServerCredentials = (options: MtlsOptions): ServerCredentials =>
  new MtlsServerCredentials(options);

type Watcher = Parameters<ServerCredentials['_addWatcher']>[0];

class MtlsServerCredentials extends ServerCredentials {
  readonly #options: MtlsOptions;
  #stop: (() => void) | undefined;

  constructor(options: MtlsOptions) {
    super({ ...SERVER_CONTEXT, ...http2Gate(options) });
    this.#options = options;
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }

  override _getInterceptors(): ServerInterceptor[] {
    return [withPeer];
  }

  /** Nothing yet: whoever watches is told at once, in a way that lets the key be wiped. */
  override _getSecureContextOptions(): null {
    return null;
  }

  /** Each bound port watches until it is closed. */
  override _addWatcher(watcher: Watcher): void {
    super._addWatcher(watcher);
    this.#stop ??= this.#options.source.onUpdate(() => this.#tell());
    this.#tell();
  }

  override _removeWatcher(watcher: Watcher): void {
    super._removeWatcher(watcher);
    if (this.getWatcherCount() > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  #tell(): void {
    const { source } = this.#options;
    const tell = (context: SecureContextOptions | null): void => this.updateSecureContextOptions(context);
    if (source.hasIdentity) withServerContext(source, tell);
    else tell(null);
  }
}

/** Lets handlers ask peerIdOf(call). A call without a verified peer, which the handshake should have prevented, is refused. */
const withPeer: ServerInterceptor = (_method, call) => {
  const context = contextOf(call);
  if (context !== undefined) return new PeerCall(call, context);
  const refuse = (): void =>
    call.sendStatus({
      code: Code.unauthenticated,
      details: 'the peer of this connection has not been verified',
    });
  return new ServerInterceptingCall(call, { start: refuse });
};

/** The library's own call has the stream that it came on, and no method that shows it. */
function contextOf(call: ServerInterceptingCallInterface): AuthContext | undefined {
  const { stream } = call as { stream?: ServerHttp2Stream };
  return stream?.session === undefined ? undefined : authContextOf(stream.session.socket as TLSSocket);
}

class PeerCall extends ServerInterceptingCall {
  readonly #context: AuthContext;

  constructor(call: ServerInterceptingCallInterface, context: AuthContext) {
    super(call);
    this.#context = context;
  }

  override getAuthContext(): AuthContext {
    return this.#context;
  }
}

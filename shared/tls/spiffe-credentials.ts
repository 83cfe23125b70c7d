/**
 * gRPC client credentials that verify the server by its SPIFFE ID and follow a rotating identity: it is read at each
 * new connection. Used by agent/server-link and shared/client.
 */
import type { Socket } from 'node:net';
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';
import { messageOf } from '../errors.ts';
import { type DialOptions, dialSpiffe, whenSecured } from './spiffe-dial.ts';

export interface SpiffeCredentialsOptions extends DialOptions {
  readonly handshakeTimeoutMs?: number;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

type CreateConnector = ChannelCredentials['_createSecureConnector'];
type Connector = ReturnType<CreateConnector>;

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

  override _createSecureConnector(...[, , callCredentials]: Parameters<CreateConnector>): Connector {
    return {
      connect: async (socket: Socket) => ({ socket: await secure(socket, this.#options), secure: true }),
      waitForReady: async () => {},
      getCallCredentials: () => callCredentials ?? CallCredentials.createEmpty(),
      destroy: () => {},
    };
  }
}

/** The library prints what it catches into the message of the call that failed. */
async function secure(socket: Socket, options: SpiffeCredentialsOptions): Promise<Socket> {
  try {
    const timeoutMs = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
    return await whenSecured(dialSpiffe({ socket }, options), { timeoutMs });
  } catch (error) {
    socket.destroy();
    throw new Error(messageOf(error), { cause: error });
  }
}

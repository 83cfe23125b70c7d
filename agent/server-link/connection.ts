/**
 * The connection to the server: one long-lived channel that presents the agent's SVID and believes only the server's.
 * After the SVID has rotated a new channel takes over, and the old one ends with its last call. Made by start/engine and, for
 * attesting, by start/enrol.
 */
import { Code, CodedError, unavailable } from '../../shared/errors.ts';
import { type Channel, serverChannel } from '../../shared/rpc/channel.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';
import { H2, LONG_LIVED } from '../../shared/tls/protocols.ts';
import { serverNameOf } from '../../shared/tls/server-name.ts';
import { SpiffeCredentials } from '../../shared/tls/spiffe-credentials.ts';
import { explainFailure } from './explain-failure.ts';

export interface ServerConnectionParts {
  readonly host: string;
  readonly port: number;
  readonly trustDomain: TrustDomain;
  readonly requirePqKem: boolean;
  /** Read at each new connection; undefined presents no certificate. */
  readonly identity: () => TlsIdentity | undefined;
  /** Throws unless the chain is the server's. */
  readonly verifyServer: (chain: readonly Uint8Array[]) => void;
}

/** A connection whose other end vanished without a word is not found out by waiting: two calls without an answer. */
const SILENT_CALLS_MAX = 2;

export class ServerConnection {
  readonly #parts: ServerConnectionParts;
  readonly #onReplaced = new Set<() => void>();
  #channel: Channel;
  #silentCalls = 0;
  #serverChain: readonly Uint8Array[] | undefined;
  #isClosed = false;

  constructor(parts: ServerConnectionParts) {
    this.#parts = parts;
    this.#channel = this.#open();
  }

  /** Of the server that was connected to last, DER, leaf first; undefined before the first connection. */
  get serverChain(): readonly Uint8Array[] | undefined {
    return this.#serverChain;
  }

  /** Calls from now on go over a new connection, with the identity as it is then; streams are ended, calls are not. */
  replace(): void {
    if (this.#isClosed) return;
    const old = this.#channel;
    this.#channel = this.#open();
    this.#silentCalls = 0;
    for (const listener of this.#onReplaced) listener();
    old.close(); // calls under way end in peace, and then the connection
  }

  /** One call, made by `deed`. Rejects with CodedError; where the connection is at fault, it says what to look at. */
  async call<Def, Result>(
    service: string,
    deed: (client: ServiceClient<Def>) => Promise<Result>,
  ): Promise<Result> {
    const channel = this.#channel;
    try {
      const result = await deed(new ServiceClient<Def>(service, channel));
      this.#silentCalls = 0;
      return result;
    } catch (error) {
      throw this.#explain(error, channel);
    }
  }

  /** A stream that ends when the connection is replaced. */
  async *stream<Def, Message>(
    service: string,
    signal: AbortSignal,
    open: (client: ServiceClient<Def>, signal: AbortSignal) => AsyncIterable<Message>,
  ): AsyncGenerator<Message, void, void> {
    const channel = this.#channel;
    const replaced = new AbortController();
    const listener = (): void => replaced.abort();
    this.#onReplaced.add(listener);
    try {
      yield* open(new ServiceClient<Def>(service, channel), AbortSignal.any([signal, replaced.signal]));
    } catch (error) {
      if (!replaced.signal.aborted) throw this.#explain(error, channel);
    } finally {
      this.#onReplaced.delete(listener);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const listener of this.#onReplaced) listener();
    this.#channel.close();
  }

  #open(): Channel {
    const { host, port, trustDomain, identity, verifyServer, requirePqKem } = this.#parts;
    const credentials = new SpiffeCredentials({
      identity,
      verifyPeer: (chain) => {
        verifyServer(chain);
        this.#serverChain = chain;
      },
      requirePqKem,
      serverName: serverNameOf(trustDomain),
      protocols: [LONG_LIVED, H2],
    });
    return serverChannel(addressOf(host, port), credentials, trustDomain);
  }

  #explain(error: unknown, channel: Channel): unknown {
    if (!(error instanceof CodedError)) return error;
    const isReplaced = channel !== this.#channel;
    // The new certificate's first use ends the old one: what the server then says of the old one is not about us.
    if (isReplaced && error.code === Code.permissionDenied)
      return unavailable('the connection was replaced during the call', { cause: error });
    if (!isReplaced && error.code === Code.deadlineExceeded && ++this.#silentCalls >= SILENT_CALLS_MAX)
      this.replace();
    return explainFailure(error, addressOf(this.#parts.host, this.#parts.port));
  }
}

/** IPv6 addresses need brackets before a port. */
const addressOf = (host: string, port: number): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;

/** `writ/client/undici`: fetch, and whatever else undici has, over mutual TLS. For users who have undici; in the handbook. */
import type { TLSSocket } from 'node:tls';
import { Agent, type buildConnector, Dispatcher } from 'undici';
import { bytesEqual } from '../bytes.ts';
import { isWithin, type Moment, momentOf } from '../clock.ts';
import { invalidArgument, unavailable } from '../errors.ts';
import { dialSpiffe, whenSecured } from '../tls/spiffe-dial.ts';
import { dialOptions } from './mtls-client.ts';
import { checkPeer, isAdmitted, type MtlsOptions } from './peer.ts';

/** Of undici's Agent: how it keeps connections and waits for answers. TLS is ours. */
export type DispatcherOptions = Omit<Agent.Options, 'connect' | 'allowH2' | 'factory'>;

const CONNECT_TIMEOUT_MS = 10_000; // as undici's own
const KEEP_ALIVE_MS = 60_000; // as undici's own
/** How often the servers of kept connections are looked at while requests are made. */
const LOOK_MS = 1_000;

/**
 * A dispatcher whose connections present the source's SVID and verify the server by its SPIFFE ID; `http:` is refused. A
 * request that begins after the SVID was renewed, or after a server lost its trust or its SVID expired, goes out on a new connection; those
 * under way end in peace on theirs.
 */
export class MtlsDispatcher extends Dispatcher {
  readonly #options: MtlsOptions;
  readonly #agentOptions: DispatcherOptions;
  /** Those with requests under way. */
  readonly #retired = new Set<Generation>();
  readonly #stop: () => void;
  #current: Generation;
  #lookedAt: Moment;
  #destroyedWith: Error | undefined;

  constructor(options: MtlsOptions, agentOptions: DispatcherOptions = {}) {
    super();
    this.#options = options;
    this.#agentOptions = agentOptions;
    this.#current = this.#open();
    this.#lookedAt = momentOf(options.source.clock);
    this.#stop = options.source.onUpdate(() => {
      if (!this.#isCurrent(this.#current)) this.#renew();
    });
  }

  #open(): Generation {
    const { source } = this.#options;
    const sockets = new Set<TLSSocket>();
    const connect: buildConnector.connector = (target, done) => {
      this.#connect(target, sockets).then(
        (socket) => done(null, socket),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), null),
      );
    };
    const agent = new Agent({ ...this.#agentOptions, connect, allowH2: false });
    agent.on('drain', (origin) => this.emit('drain', origin));
    return { agent, sockets, presents: source.hasIdentity ? source.identity().chain[0] : undefined };
  }

  async #connect(
    { protocol, hostname, port }: buildConnector.Options,
    sockets: Set<TLSSocket>,
  ): Promise<TLSSocket> {
    if (this.#destroyedWith !== undefined) throw this.#destroyedWith;
    if (protocol !== 'https:')
      throw invalidArgument(`${protocol} has no TLS, and so no identity: use https:`);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const socket = dialSpiffe({ host, port: Number(port || HTTPS_PORT) }, dialOptions(this.#options, []));
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    return whenSecured(socket, { timeoutMs: CONNECT_TIMEOUT_MS });
  }

  /** Whether its connections present the SVID of now, to servers that are still trusted. */
  #isCurrent({ presents, sockets }: Generation): boolean {
    const { source } = this.#options;
    if (presents === undefined || !source.hasIdentity) return false;
    const leaf = source.identity().chain[0];
    return leaf !== undefined && bytesEqual(leaf, presents) && [...sockets].every(mayGoOn);
  }

  /** A server's SVID expires without a word from the source. */
  #lookAgain(): void {
    const now = momentOf(this.#options.source.clock);
    if (isWithin(LOOK_MS, this.#lookedAt, now)) return;
    this.#lookedAt = now;
    if (![...this.#current.sockets].every(mayGoOn)) this.#renew();
  }

  #renew(): void {
    const old = this.#current;
    this.#current = this.#open();
    this.#retired.add(old);
    old.agent.close(() => this.#retired.delete(old));
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#lookAgain();
    return this.#current.agent.dispatch(options, handler);
  }

  /** Waits for the requests that are under way. */
  override close(done: () => void): void;
  override close(): Promise<void>;
  override close(done?: () => void): void | Promise<void> {
    this.#stop();
    return settle([...this.#retired, this.#current].map(closeAgent), done);
  }

  /** Ends the requests that are under way, with this error. */
  override destroy(error: Error | null, done: () => void): void;
  override destroy(done: () => void): void;
  override destroy(error: Error | null): Promise<void>;
  override destroy(): Promise<void>;
  override destroy(error?: Error | null | (() => void), done?: () => void): void | Promise<void> {
    const [given, callback] = typeof error === 'function' ? [undefined, error] : [error, done];
    this.#destroyedWith ??= given ?? unavailable('the dispatcher is destroyed');
    this.#stop();
    // An agent that is closing already does not hear that it is destroyed: it has let go of its connections.
    for (const { sockets } of this.#retired)
      for (const socket of sockets) socket.destroy(this.#destroyedWith);
    return settle([this.#current.agent.destroy(this.#destroyedWith)], callback);
  }
}

/** What one SVID is presented with. */
interface Generation {
  readonly agent: Agent;
  readonly sockets: ReadonlySet<TLSSocket>;
  readonly presents: Uint8Array | undefined;
}

const HTTPS_PORT = 443;

async function closeAgent({ agent }: Generation): Promise<void> {
  if (!agent.destroyed) await agent.close();
}

/** In the way of undici: by a callback, else by a promise. */
function settle(ending: readonly Promise<void>[], done: (() => void) | undefined): void | Promise<void> {
  const ended = Promise.all(ending).then(() => {});
  if (done === undefined) return ended;
  void ended.then(done);
}

/** Whether its server is trusted still; nobody knows before the handshake ends, which looks by itself. */
function mayGoOn(socket: TLSSocket): boolean {
  try {
    if (isAdmitted(socket)) checkPeer(socket);
    return true;
  } catch {
    return false;
  }
}

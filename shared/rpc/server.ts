/**
 * A gRPC server that is handed its connections: a listener accepts them, learns who is there, and injects the socket
 * (design D7, D8). Used by server/listen and agent/workload-api.
 */
import type { Socket } from 'node:net';
import {
  type ChannelOptions,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Clock, systemClock } from '../clock.ts';
import { unavailable } from '../errors.ts';
import { serviceDefinition } from './definitions.ts';
import { EncodedMessage } from './encoded.ts';
import type { Gate, Handler, Routes } from './handler.ts';
import type { Decode } from './read-request.ts';
import { RunningCalls } from './running-calls.ts';
import { adapt, type GrpcCall } from './server-call.ts';
import { Unfinished } from './unfinished.ts';

export interface RpcServerOptions<Peer, Context> {
  readonly routes: Routes<Context>;
  readonly gate: Gate<Peer, Context>;
  readonly channelOptions?: ChannelOptions;
  readonly clock?: Clock;
  /** Of what a holder's connections may make this server hold; 16 MB without it. */
  readonly heldMaxBytes?: number;
  /** Bytes of a request have reached their call: of all that a connection brings, those that belong to calls. */
  readonly onBody?: (socket: Socket, bytes: number) => void;
}

interface Connection<Peer> {
  readonly peer: Peer;
  readonly socket: Socket;
  readonly holder: string;
}

const DEFAULTS: ChannelOptions = {
  'grpc.max_receive_message_length': 4 * 1024 * 1024, // gRPC's default, said explicitly
  'grpc.max_concurrent_streams': 100, // RFC 9113 6.5.2: no fewer; each may hold a message that is half received
  'grpc-node.max_session_memory': 64, // MB; the library has no limit: answers that are not read would pile up
};

export class RpcServer<Peer, Context> {
  readonly #server: Server;
  readonly #injector: ReturnType<Server['createConnectionInjector']>;
  readonly #peers = new Map<string, Connection<Peer>>();
  readonly #unfinished: Unfinished;
  readonly #calls = new RunningCalls();
  #connections = 0;

  constructor(options: RpcServerOptions<Peer, Context>) {
    const { routes, gate, channelOptions, clock = systemClock, heldMaxBytes, onBody } = options;
    this.#unfinished = new Unfinished({
      clock,
      holderOf: (tag) => this.#peers.get(tag)?.holder ?? tag,
      ...(heldMaxBytes === undefined ? {} : { heldMaxBytes }),
      onBody: onBody && ((tag, bytes) => this.#onBody(tag, bytes, onBody)),
    });
    const interceptors = [this.#unfinished.interceptor];
    this.#server = new Server({ ...DEFAULTS, ...channelOptions, interceptors });
    for (const [name, handlers] of Object.entries(routes)) {
      this.#server.addService(undecoded(serviceDefinition(name)), this.#implement(name, handlers, gate));
    }
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  #implement(
    service: string,
    handlers: Readonly<Record<string, Handler<Context>>>,
    gate: Gate<Peer, Context>,
  ): UntypedServiceImplementation {
    const environment = {
      gate,
      calls: this.#calls,
      peerOf: (call: GrpcCall) => this.#peerOf(call),
      taken: (receiving: object) => this.#unfinished.taken(receiving),
    };
    const definition = serviceDefinition(service);
    return Object.fromEntries(
      Object.entries(handlers).map(([rpc, handler]) => {
        const decode = definition[rpc]?.requestDeserialize as Decode;
        return [rpc, adapt({ method: `/${service}/${rpc}`, handler, decode }, environment)];
      }),
    );
  }

  #onBody(tag: string, bytes: number, tell: (socket: Socket, bytes: number) => void): void {
    const connection = this.#peers.get(tag);
    if (connection !== undefined) tell(connection.socket, bytes);
  }

  #peerOf(call: GrpcCall): Peer {
    const found = this.#peers.get(call.getPeer());
    if (found === undefined) throw unavailable('the connection is gone');
    return found.peer;
  }

  /**
   * Takes over a connected socket: call it in the same turn in which the socket was accepted or secured. Connections with
   * the same holder share the bound of what they make the server hold; without one a connection has its own.
   */
  inject(socket: Socket, peer: Peer, holder?: string): void {
    const tag = `peer:${++this.#connections}`;
    Object.defineProperty(socket, 'remoteAddress', { value: tag });
    Object.defineProperty(socket, 'remotePort', { value: undefined });
    this.#peers.set(tag, { peer, socket, holder: holder ?? tag });
    socket.on('close', () => this.#peers.delete(tag));
    socket.on('error', () => socket.destroy());
    this.#injector.injectConnection(socket);
  }

  /** Calls that are being answered. */
  get callCount(): number {
    return this.#calls.count;
  }

  /** Open connections. */
  get connectionCount(): number {
    return this.#peers.size;
  }

  /** Ends running calls with Unavailable, then closes; what is left after `graceMs` is cut. */
  async stop(graceMs = 2_000): Promise<void> {
    this.#calls.stop(unavailable('shutting down'));
    await new Promise<void>((resolve) => setImmediate(resolve)); // the calls' last words go out first
    this.#unfinished.stop();
    this.#injector.drain(graceMs);
    await this.#closed(graceMs);
    this.#injector.destroy();
    this.#server.forceShutdown();
    for (const { socket } of this.#peers.values()) socket.destroy();
  }

  /** Resolves when every connection has closed, or after `graceMs`. */
  async #closed(graceMs: number): Promise<void> {
    const closed = new AbortController();
    const check = (): void => {
      if (this.#peers.size === 0) closed.abort();
    };
    for (const { socket } of this.#peers.values()) socket.once('close', check);
    check();
    await systemClock.sleep(graceMs, closed.signal).catch(() => {}); // the last one to close ends the wait
  }
}

/** The same service, whose handlers get the bytes of a request, and may give those of an answer. */
const undecoded = (definition: ServiceDefinition): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(definition).map(([rpc, method]) => {
      const responseSerialize = (answer: object): Buffer =>
        answer instanceof EncodedMessage ? answer.bytes : method.responseSerialize(answer);
      return [rpc, { ...method, requestDeserialize: ownBytes, responseSerialize }];
    }),
  );

const POOLED_MAX_BYTES = 4 * 1024; // Buffer's own rule: what is larger has memory of its own
const EMPTY = Buffer.alloc(0);

/**
 * The library cuts small requests out of slabs of 64 KB, and holds each for as long as its call: a slab for every few open
 * streams, unless they are copied.
 */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.length === 0) return EMPTY;
  if (bytes.length > POOLED_MAX_BYTES) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

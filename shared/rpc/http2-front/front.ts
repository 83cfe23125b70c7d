/**
 * Looks at the first request of each connection, and stands between the few clients whose requests Node's HTTP/2 would
 * refuse and the server (design D11). All others get their socket served as it is. Used where programs in any language call
 * over a Unix socket: agent/workload-api and agent/admin-api.
 */
import { Socket } from 'node:net';
import { type Clock, every } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log/logger.ts';
import { FrameType, writeFrame } from '../http2/frames.ts';
import { linuxSocketPair, type SocketPair } from '../peer-kernel.ts';
import { FirstRequest } from './first-request.ts';
import { relay } from './relay.ts';

export interface Http2FrontOptions {
  readonly clock: Clock;
  /** As the server has it. */
  readonly maxConcurrentStreams: number;
  readonly log: Pick<Logger, 'error'>;
  /** Default: the kernel's. */
  readonly socketPair?: SocketPair;
}

export interface Connection {
  readonly socket: Socket;
  /** Takes the connection over: this socket, or one that is relayed to it. */
  readonly serve: (socket: Socket) => void;
  /** A place for a relay, which holds two descriptors and some memory; undefined where there is none. */
  readonly takePlace: () => (() => void) | undefined;
}

interface Waiting {
  readonly connection: Connection;
  readonly first: FirstRequest;
  readonly sinceMs: number;
}

/** Clients connect when they have something to ask; whoever has not by then may come again. */
const FIRST_REQUEST_MS = 10_000;
const LOOK_MS = 1_000;
const MAX_CONCURRENT_STREAMS = 3; // RFC 9113 6.5.2
const NO_ERROR = 0; // RFC 9113 7
const SETTINGS_TIMEOUT = 4;

export class Http2Front {
  readonly #options: Http2FrontOptions;
  readonly #settings: Uint8Array;
  readonly #socketPair: SocketPair;
  /** Longest first. */
  readonly #waiting = new Map<Socket, Waiting>();
  readonly #stopped = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: Http2FrontOptions) {
    this.#options = options;
    this.#settings = settingsFrame(options.maxConcurrentStreams);
    this.#socketPair = options.socketPair ?? linuxSocketPair();
  }

  start(): void {
    const { clock } = this.#options;
    this.#looking = every({ clock, ms: () => LOOK_MS, signal: this.#stopped.signal }, async () =>
      this.#look(),
    );
  }

  /** Connections that are served are the server's to end. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error('the listener is gone'));
    for (const socket of this.#waiting.keys()) socket.destroy();
    await this.#looking;
  }

  /** In the turn in which it was accepted. */
  take(connection: Connection): void {
    const { socket } = connection;
    const waiting = { connection, first: new FirstRequest(), sinceMs: this.#options.clock.monotonicMs() };
    this.#waiting.set(socket, waiting);
    const onReadable = (): void => {
      if (this.#isDecided(waiting)) leave();
    };
    const onEnd = (): void => void socket.destroy();
    const onClose = (): void => void this.#waiting.delete(socket);
    const leave = (): void => {
      this.#waiting.delete(socket);
      socket.off('readable', onReadable).off('end', onEnd).off('close', onClose);
      this.#handOn(waiting);
    };
    socket.on('readable', onReadable).on('end', onEnd).on('close', onClose);
  }

  #isDecided({ connection: { socket }, first }: Waiting): boolean {
    for (let chunk = readFrom(socket); chunk !== null; chunk = readFrom(socket)) {
      first.add(chunk);
      if (first.verdict !== 'unknown') return true;
    }
    if (first.awaitsSettings && socket.writable) {
      first.settingsSent();
      socket.write(this.#settings);
    }
    return false;
  }

  #handOn({ connection: { socket, serve, takePlace }, first }: Waiting): void {
    if (first.verdict === 'served') {
      socket.unshift(first.held);
      return serve(socket);
    }
    const release = takePlace();
    if (release === undefined) return void socket.destroy();
    socket.on('close', release);
    try {
      this.#relay(socket, first, serve);
    } catch (error) {
      socket.destroy();
      this.#options.log.error('a connection was not relayed', { error: messageOf(error) });
    }
  }

  #relay(client: Socket, first: FirstRequest, serve: Connection['serve']): void {
    const { held, awaitsAcknowledgement: dropsAcknowledgement } = first;
    const [near, far] = this.#socketPair();
    const ends = [new Socket({ fd: near }), new Socket({ fd: far })] as const;
    relay({ client, held, dropsAcknowledgement, ends, serve });
  }

  /** At those who ask nothing. */
  #look(): void {
    const now = this.#options.clock.monotonicMs();
    for (const [socket, { first, sinceMs }] of this.#waiting) {
      if (now - sinceMs < FIRST_REQUEST_MS) return;
      this.#waiting.delete(socket);
      if (first.hasSentSettings)
        socket.write(farewell(first.awaitsAcknowledgement ? SETTINGS_TIMEOUT : NO_ERROR));
      socket.destroySoon();
    }
  }
}

const readFrom = (socket: Socket): Uint8Array | null => socket.read() as Uint8Array | null;

function settingsFrame(maxConcurrentStreams: number): Uint8Array {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(MAX_CONCURRENT_STREAMS, 0);
  payload.writeUInt32BE(maxConcurrentStreams, 2);
  return writeFrame({ type: FrameType.settings, flags: 0, stream: 0, payload });
}

/** RFC 9113 6.8: no stream was looked at. */
function farewell(code: number): Uint8Array {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(code, 4);
  return writeFrame({ type: FrameType.goaway, flags: 0, stream: 0, payload });
}

/**
 * Bounds what callers make the server hold: requests that are half received, those that are not answered yet, and answers
 * that nobody takes. The library bounds single messages alone, keeps each frame of one apart, and waits for ever, for the
 * rest of a request and for the reader of an answer. Made by server.ts.
 */
import type { ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js';
import type { Clock } from '../clock.ts';
import { keepNoMoreThanBytes } from './message-parts.ts';

/** DIVERGES: SPIRE has no such bounds. Four messages of the largest size at once; what agents ask for takes a tenth of one. */
const HELD_MAX_BYTES = 16 * 1_024 * 1_024;
/** A request whose next part does not come within this is not waited for: SPIRE's agent gives a whole call as much. */
const IDLE_MAX_MS = 30_000;
/** Until a caller has taken what is sent: a message of 4 MiB takes as long at 14 KB a second. */
const TAKEN_MAX_MS = 300_000;
const SWEEP_MS = 5_000;
export interface UnfinishedOptions {
  readonly clock: Clock;
  /** For whom a connection holds: connections of one holder share a bound. By what `getPeer()` of its calls says. */
  readonly holderOf: (tag: string) => string;
  readonly heldMaxBytes?: number;
  /** Bytes of a message have come on a connection. */
  readonly onBody?: ((tag: string, bytes: number) => void) | undefined;
}

/** What the library keeps of a call; a test notices when a release keeps it elsewhere. */
interface Receiving {
  readonly stream: ServerHttp2Stream;
  readonly decoder: {
    /** See READ_STATE. */
    readonly readState: number;
    readonly readMessageSize: number;
    readonly readMessageRemaining: number;
    readCompressFlag: Buffer;
    readonly readPartialMessage: Buffer[];
  };
  getPeer(): string;
}

/** Between messages, in the head of one, and in its body. */
const READ_STATE = { none: 0, head: 1, body: 2 } as const;

interface Call {
  readonly receiving: Receiving;
  readonly holder: string;
  heldBytes: number;
  hasMessage: boolean;
  lastAtMs: number;
  /** Of answers, that wait to be taken, and since when they are as many. */
  untakenBytes: number;
  untakenSinceMs: number;
}

export class Unfinished {
  readonly #options: UnfinishedOptions;
  readonly #held = new Map<string, number>();
  readonly #calls = new Map<object, Call>();
  readonly #stop = new AbortController();
  #isSweeping = false;

  constructor(options: UnfinishedOptions) {
    this.#options = options;
  }

  /** Bytes that are held for this holder. */
  heldFor(holder: string): number {
    return this.#held.get(holder) ?? 0;
  }

  /** For the library's server: sees each call before it is answered, and changes nothing about it. */
  readonly interceptor: ServerInterceptor = (_method, call) => {
    this.#watch(call as unknown as Receiving);
    return call as ServerInterceptingCall;
  };

  /** The handler of a stream has taken the message that came last, and keeps what it likes of it. */
  taken(receiving: object): void {
    const call = this.#calls.get(receiving);
    if (call?.receiving.decoder.readState === READ_STATE.none) this.#hold(call, 0);
  }

  stop(): void {
    this.#stop.abort(new Error('stopping'));
  }

  #watch(receiving: Receiving): void {
    const { stream } = receiving;
    const { holderOf, onBody } = this.#options;
    const tag = receiving.getPeer();
    const holder = holderOf(tag);
    const lastAtMs = this.#options.clock.monotonicMs();
    const call: Call = {
      receiving,
      holder,
      heldBytes: 0,
      hasMessage: false,
      lastAtMs,
      untakenBytes: 0,
      untakenSinceMs: lastAtMs,
    };
    this.#calls.set(receiving, call);
    stream.on('data', () => this.#received(call));
    if (onBody !== undefined) stream.on('data', ({ length }: Buffer) => onBody(tag, length));
    stream.on('close', () => {
      this.#calls.delete(receiving);
      this.#hold(call, 0);
    });
    void this.#sweepWhileThereAreCalls();
  }

  #received(call: Call): void {
    const { decoder } = call.receiving;
    call.lastAtMs = this.#options.clock.monotonicMs();
    if (decoder.readState === READ_STATE.none) call.hasMessage = true;
    if (decoder.readState === READ_STATE.body) keepNoMoreThanBytes(decoder.readPartialMessage);
    if (decoder.readState === READ_STATE.none) letGo(decoder);
    this.#hold(call, heldBytesOf(decoder));
    const { heldMaxBytes = HELD_MAX_BYTES } = this.#options;
    if (this.heldFor(call.holder) > heldMaxBytes) refuse(call);
  }

  #hold(call: Call, bytes: number): void {
    const held = this.heldFor(call.holder) + bytes - call.heldBytes;
    call.heldBytes = bytes;
    if (held > 0) this.#held.set(call.holder, held);
    else this.#held.delete(call.holder);
  }

  async #sweepWhileThereAreCalls(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      while (this.#calls.size > 0) {
        await this.#options.clock.sleep(SWEEP_MS, this.#stop.signal);
        this.#sweep();
      }
      this.#isSweeping = false;
    } catch {
      return; // stopped
    }
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const call of this.#calls.values()) {
      if (isUntaken(call, nowMs)) refuse(call);
      const isWaiting = !call.hasMessage || call.receiving.decoder.readState !== READ_STATE.none;
      if (isWaiting && nowMs - call.lastAtMs > IDLE_MAX_MS) refuse(call);
    }
  }
}

const NO_FLAG = Buffer.alloc(1);

/** The library keeps the parts of a message that is whole until the next one comes, which may be months. */
function letGo(decoder: Receiving['decoder']): void {
  decoder.readPartialMessage.length = 0;
  decoder.readCompressFlag = NO_FLAG; // else a slice of what was read from the connection
}

/** A head announces what need not come; a message that came counts until the next one begins, or the call ends. */
function heldBytesOf({ readState, readMessageSize, readMessageRemaining }: Receiving['decoder']): number {
  return readState === READ_STATE.head ? 0 : readMessageSize - readMessageRemaining;
}

/** Notes how much waits: what has not moved for too long will not. */
function isUntaken(call: Call, nowMs: number): boolean {
  const { writableLength } = call.receiving.stream;
  if (writableLength !== call.untakenBytes || writableLength === 0) {
    call.untakenBytes = writableLength;
    call.untakenSinceMs = nowMs;
  }
  return nowMs - call.untakenSinceMs > TAKEN_MAX_MS;
}

/** The client's library says ResourceExhausted (gRPC over HTTP/2: errors). */
function refuse({ receiving }: Call): void {
  receiving.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}

/**
 * One request on a connection of its own (RFC 9113), of which this is the client: what a command needs that asks a server
 * on this machine. Loading node:http2 takes as long as starting Node.js does. Used by call.
 */
import type { Socket } from 'node:net';
import { Code, CodedError, internal, messageOf, unavailable } from '../../errors.ts';
import { decodeHeaders, encodeHeaders, type Headers } from '../http2/hpack.ts';
import { Http2Body, WINDOW_BYTES } from './http2-body.ts';
import {
  contentOf,
  Flag,
  type Frame,
  FrameReader,
  FrameType,
  numberIn,
  PAYLOAD_MAX_BYTES,
  writeFrame,
} from '../http2/frames.ts';

export interface RequestEvents {
  /** For the response, and once more for its trailers. */
  readonly onHeaders: (headers: Headers) => void;
  readonly onData: (bytes: Uint8Array) => void;
  /** The peer has said everything. */
  readonly onEnd: () => void;
  /** Nothing comes after this. */
  readonly onFailure: (error: CodedError) => void;
}

export interface RequestParts {
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** How much of the answer may be under way, or here and unread: see `consumed`. */
  readonly windowBytes: number;
}

/** Who listens there does not speak HTTP/2, or nobody listens. */
export class NoServer extends CodedError {
  readonly isRefused: boolean;

  constructor(why: string, isRefused: boolean) {
    super(Code.unavailable, why);
    this.isRefused = isRefused;
  }
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'); // RFC 9113 3.4
const STREAM = 1;
const Setting = { headerTableSize: 1, enablePush: 2, initialWindowSize: 4 } as const; // RFC 9113 6.5.2
const SETTING_BYTES = 6;
const HEADERS_MAX_BYTES = 64 * 1024;
const UNREAD_MAX_BYTES = 64 * 1024; // of what a peer makes us answer and does not read

export class Http2Request {
  readonly #socket: Socket;
  readonly #events: RequestEvents;
  readonly #body: Http2Body;
  readonly #unreadMaxBytes: number;
  readonly #frames = new FrameReader();
  #isOver = false;
  #isHttp2 = false;
  /** Headers that go on in the next frame. */
  #open: { readonly block: Uint8Array; readonly endsStream: boolean } | undefined;

  /** Takes over a socket that is connecting or connected. Throws InvalidArgument on headers that are too long. */
  constructor(socket: Socket, { headers, body, windowBytes }: RequestParts, events: RequestEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#body = new Http2Body(body, (part, isLast) =>
      this.#send(FrameType.data, part, { stream: STREAM, flags: isLast ? Flag.endStream : 0 }),
    );
    this.#unreadMaxBytes = body.length + UNREAD_MAX_BYTES;
    const block = encodeHeaders(headers);
    if (block.length > PAYLOAD_MAX_BYTES)
      throw new CodedError(Code.invalidArgument, 'the headers are too long');
    socket.on('data', (chunk: Uint8Array) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(this.#lost(error)));
    socket.on('close', () => this.#fail(this.#lost()));
    socket.write(PREFACE);
    this.#send(FrameType.settings, settings(windowBytes));
    this.#allow(0, windowBytes - WINDOW_BYTES);
    this.#send(FrameType.headers, block, { stream: STREAM, flags: Flag.endHeaders });
    this.#body.send();
  }

  /** So many bytes of the answer have been read: the peer may send as many more. */
  consumed(bytes: number): void {
    if (this.#isOver) return;
    this.#allow(0, bytes);
    this.#allow(STREAM, bytes);
  }

  /** Ends the request, answered or not. To the peer it is then cancelled. */
  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #fail(error: CodedError): void {
    if (this.#isOver) return;
    this.close();
    this.#events.onFailure(error);
  }

  #lost(error?: Error): CodedError {
    const why = error === undefined ? 'it hung up' : messageOf(error);
    return this.#isHttp2
      ? unavailable(`the connection was lost: ${why}`)
      : new NoServer(why, isRefusal(error));
  }

  #send(type: number, payload: Uint8Array, { stream = 0, flags = 0 } = {}): void {
    this.#socket.write(writeFrame({ type, flags, stream, payload }));
  }

  #allow(stream: number, bytes: number): void {
    if (bytes > 0) this.#send(FrameType.windowUpdate, uint32(bytes), { stream });
  }

  #acknowledge(type: number, payload: Uint8Array): void {
    if (this.#socket.writableLength > this.#unreadMaxBytes)
      throw internal('the peer asks and does not listen');
    this.#send(type, payload, { flags: Flag.ack });
  }

  #read(chunk: Uint8Array): void {
    try {
      for (const frame of this.#frames.read(chunk)) {
        if (this.#isOver) return;
        this.#take(frame);
      }
    } catch (error) {
      const why = error instanceof CodedError ? error : internal(messageOf(error), { cause: error });
      this.#fail(this.#isHttp2 ? why : new NoServer('it does not speak HTTP/2', false));
    }
  }

  #take(frame: Frame): void {
    this.#isHttp2 ||= isFirst(frame);
    if (!this.#isHttp2) throw internal('no SETTINGS');
    if ((frame.type === FrameType.continuation) !== (this.#open !== undefined))
      throw internal('headers are broken off');
    if (isOfStream(frame) && frame.stream !== STREAM) throw internal('a stream that was not opened');
    this.#obey(frame);
  }

  #obey(frame: Frame): void {
    switch (frame.type) {
      case FrameType.data:
        return this.#data(frame);
      case FrameType.headers:
        return this.#headers(contentOf(frame), frame);
      case FrameType.continuation:
        return this.#headers(frame.payload, frame);
      case FrameType.settings:
        return this.#settings(frame);
      case FrameType.ping:
        return has(frame, Flag.ack) ? undefined : this.#acknowledge(FrameType.ping, frame.payload);
      case FrameType.windowUpdate:
        return this.#body.addRoom(
          frame.stream === 0 ? 'connection' : 'stream',
          numberIn(frame) & 0x7fff_ffff,
        );
      case FrameType.rstStream:
        throw resetError(numberIn(frame));
      case FrameType.goaway:
        return checkGoaway(frame);
      case FrameType.pushPromise:
        throw internal('a push that was not allowed');
      default: // others say nothing that is needed here (RFC 9113 4.1)
    }
  }

  #data(frame: Frame): void {
    const content = contentOf(frame);
    this.consumed(frame.payload.length - content.length); // nobody reads padding
    this.#events.onData(content);
    if (has(frame, Flag.endStream)) this.#end();
  }

  #headers(part: Uint8Array, frame: Frame): void {
    const endsStream = this.#open?.endsStream ?? has(frame, Flag.endStream);
    const block = Buffer.concat([this.#open?.block ?? Buffer.alloc(0), part]);
    if (block.length > HEADERS_MAX_BYTES) throw internal('the headers are too long');
    this.#open = has(frame, Flag.endHeaders) ? undefined : { block, endsStream };
    if (this.#open !== undefined) return;
    this.#events.onHeaders(decodeHeaders(block));
    if (endsStream) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.close();
    this.#events.onEnd();
  }

  #settings({ flags, payload }: Frame): void {
    if ((flags & Flag.ack) !== 0) return;
    const bytes = Buffer.from(payload);
    for (let at = 0; at + SETTING_BYTES <= bytes.length; at += SETTING_BYTES) {
      if (bytes.readUInt16BE(at) === Setting.initialWindowSize)
        this.#body.setInitialRoom(bytes.readUInt32BE(at + 2));
    }
    this.#acknowledge(FrameType.settings, Buffer.alloc(0));
  }
}

const has = ({ flags }: Frame, flag: number): boolean => (flags & flag) !== 0;

/** A server's first word is SETTINGS (RFC 9113 3.4). */
const isFirst = (frame: Frame): boolean => frame.type === FrameType.settings && !has(frame, Flag.ack);

const isOfStream = ({ type }: Frame): boolean =>
  type === FrameType.data || type === FrameType.headers || type === FrameType.rstStream;

const isRefusal = (error: Error | undefined): boolean =>
  error !== undefined && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOENT');

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function settings(windowBytes: number): Uint8Array {
  const wanted = [
    [Setting.headerTableSize, 0],
    [Setting.enablePush, 0],
    [Setting.initialWindowSize, windowBytes],
  ] as const;
  return Buffer.concat(wanted.map(([name, value]) => Buffer.concat([Buffer.of(0, name), uint32(value)])));
}

/** RFC 9113 7 to gRPC's codes, as gRPC over HTTP/2 has it. */
const RESET_CODES: Readonly<Record<number, Code>> = {
  7: Code.unavailable, // REFUSED_STREAM
  8: Code.cancelled, // CANCEL
  11: Code.resourceExhausted, // ENHANCE_YOUR_CALM
  12: Code.permissionDenied, // INADEQUATE_SECURITY
};

const resetError = (code: number): CodedError =>
  new CodedError(RESET_CODES[code] ?? Code.internal, `the server broke off the call (HTTP/2 error ${code})`);

/** A server that is about to stop still answers what it says it has seen (RFC 9113 6.8). */
function checkGoaway({ payload }: Frame): void {
  if (payload.length < 8) throw internal('a frame of HTTP/2 has a wrong length');
  const lastStream = Buffer.from(payload).readUInt32BE(0) & 0x7fff_ffff;
  if (lastStream < STREAM) throw unavailable('the server is stopping');
}

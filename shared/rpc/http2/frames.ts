/** Frames of HTTP/2 (RFC 9113 4). Used by local/http2-request and http2-front. */
import { internal } from '../../errors.ts';

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const Flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

export const PAYLOAD_MAX_BYTES = 16_384; // what both sides may send unless the other allows more (RFC 9113 6.5.2)
const HEAD_BYTES = 9;

export function writeFrame({ type, flags, stream, payload }: Frame): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Cuts what comes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** What came behind the last whole frame, and is part of one. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /** The frames that this completes. Throws Internal as soon as one is longer than was allowed. */
  *read(chunk: Uint8Array): Generator<Frame> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEAD_BYTES) {
      const length = this.#rest.readUIntBE(0, 3);
      if (length > PAYLOAD_MAX_BYTES) throw internal('a frame of HTTP/2 is too long');
      const end = HEAD_BYTES + length;
      if (this.#rest.length < end) return;
      const frame = frameIn(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
      yield frame;
    }
  }
}

const frameIn = (bytes: Buffer): Frame => ({
  type: bytes.readUInt8(3),
  flags: bytes.readUInt8(4),
  stream: bytes.readUInt32BE(5) & 0x7fff_ffff,
  payload: bytes.subarray(HEAD_BYTES),
});

/** What is in a DATA or HEADERS frame besides padding and priority (RFC 9113 6.1, 6.2); throws Internal where that cannot be. */
export function contentOf({ type, flags, payload }: Frame): Uint8Array {
  const isPadded = (flags & Flag.padded) !== 0;
  const hasPriority = type === FrameType.headers && (flags & Flag.priority) !== 0;
  const start = (isPadded ? 1 : 0) + (hasPriority ? 5 : 0);
  const end = payload.length - (isPadded ? (payload[0] ?? 0) : 0);
  if (end < start) throw internal('a frame of HTTP/2 has more padding than room');
  return payload.subarray(start, end);
}

/** A number of 32 bits that is the whole payload. Throws Internal when it is none. */
export function numberIn({ payload }: Frame): number {
  if (payload.length !== 4) throw internal('a frame of HTTP/2 has a wrong length');
  return Buffer.from(payload).readUInt32BE(0);
}

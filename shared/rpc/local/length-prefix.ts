/** gRPC's messages on a stream: each behind a flag and its length (gRPC over HTTP/2). Used by call. */
import { Code, CodedError, internal } from '../../errors.ts';

export const PREFIX_BYTES = 5;
export const MESSAGE_MAX_BYTES = 4 * 1024 * 1024; // gRPC's default

export function withPrefix(message: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Puts together what comes in pieces. */
export class PrefixReader {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** Of the message and its prefix, once that is here. */
  #wanted = PREFIX_BYTES;
  #hasPrefix = false;

  /** Whether a message has begun and not ended. */
  get isInside(): boolean {
    return this.#bytes > 0;
  }

  /** The messages that this completes. Throws ResourceExhausted as soon as one is too long, Internal on a compressed one. */
  *read(piece: Uint8Array): Generator<Uint8Array> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    while (this.#bytes >= this.#wanted) {
      if (this.#hasPrefix) yield this.#cut();
      else this.#readPrefix();
    }
  }

  #readPrefix(): void {
    const bytes = this.#joined();
    if (bytes[0] !== 0) throw internal('a message is compressed, which was not asked for');
    const length = bytes.readUInt32BE(1);
    if (length > MESSAGE_MAX_BYTES)
      throw new CodedError(
        Code.resourceExhausted,
        `a message has ${length} bytes, more than ${MESSAGE_MAX_BYTES}`,
      );
    this.#wanted = PREFIX_BYTES + length;
    this.#hasPrefix = true;
  }

  #cut(): Uint8Array {
    const bytes = this.#joined();
    const message = bytes.subarray(PREFIX_BYTES, this.#wanted);
    this.#pieces.splice(0, 1, bytes.subarray(this.#wanted));
    this.#bytes -= this.#wanted;
    this.#wanted = PREFIX_BYTES;
    this.#hasPrefix = false;
    return message;
  }

  #joined(): Buffer {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces.splice(0, this.#pieces.length, bytes);
    return bytes;
  }
}

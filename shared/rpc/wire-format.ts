/** The protobuf wire format (protobuf.dev/programming-guides/encoding): numbers and lengths. Used by messages. */
import { internal } from '../errors.ts';

export const Wire = { varint: 0, eightBytes: 1, length: 2, fourBytes: 5 } as const;

export class WireWriter {
  readonly #parts: Uint8Array[] = [];

  /** A negative number takes ten bytes, as the format has it. */
  varint(value: bigint | number): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    this.#parts.push(Uint8Array.from([...bytes, Number(rest)]));
  }

  tag(id: number, wire: number): void {
    this.varint(id * 8 + wire);
  }

  /** As they are, without their length. */
  raw(bytes: Uint8Array): void {
    this.#parts.push(bytes);
  }

  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

/** Every method throws Internal where the bytes end too early or are none of the format. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [byte = 0] = this.fixed(1);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw internal('a number in a message has no end');
  }

  /** A number of 32 bits with its sign: what is above them is dropped, as the format has it. */
  int32(): number {
    return Number(BigInt.asIntN(32, this.varint()));
  }

  /** The next so many bytes. */
  fixed(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw internal('a message is cut off');
    const found = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return found;
  }

  bytes(): Buffer {
    return this.fixed(Number(BigInt.asUintN(32, this.varint())));
  }

  /** Passes over the value of a field that nobody knows. */
  skip(wire: number): void {
    if (wire === Wire.varint) this.varint();
    else if (wire === Wire.length) this.bytes();
    else if (wire === Wire.eightBytes) this.fixed(8);
    else if (wire === Wire.fourBytes) this.fixed(4);
    else throw internal('a message has a kind of field that there is not');
  }
}

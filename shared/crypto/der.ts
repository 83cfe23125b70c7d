/**
 * Reads DER (X.690 10): definite minimal lengths, single-byte tags, nothing past the end of what encloses it.
 * Called by every reader in shared/crypto. Never recurses: a caller descends step by step, at most MAX_DEPTH deep.
 */
import { invalidArgument } from '../errors.ts';
import { oidText } from './oids.ts';

/** Identifier octets (X.680 8.4). */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]` holding other elements: explicit, or an implicit SEQUENCE or SET. */
export const constructedTag = (n: number): number => 0xa0 | n;
/** `[n]` holding bytes: an implicit primitive. */
export const primitiveTag = (n: number): number => 0x80 | n;

const MAX_DEPTH = 16; // a certificate needs 8
const SMALL_INTEGER_MAX_BYTES = 4;

interface Range {
  readonly at: number;
  readonly end: number;
  readonly depth: number;
}

/** A cursor over the elements of one encoding. Every method throws InvalidArgument on what DER does not allow. */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #depth: number;
  #at: number;

  constructor(bytes: Uint8Array, range: Range = { at: 0, end: bytes.length, depth: 0 }) {
    if (range.depth > MAX_DEPTH) throw invalidArgument(`DER is nested more than ${MAX_DEPTH} deep`);
    this.#bytes = bytes;
    this.#at = range.at;
    this.#end = range.end;
    this.#depth = range.depth;
  }

  get isDone(): boolean {
    return this.#at === this.#end;
  }

  isAt(tag: number): boolean {
    return this.#at < this.#end && this.#bytes[this.#at] === tag;
  }

  /** The next element's identifier octet; throws at the end. */
  peekTag(): number {
    if (this.#at >= this.#end) throw invalidArgument('DER ends where an element should begin');
    return this.#byteAt(this.#at);
  }

  /** A reader of the next element's contents. */
  enter(tag: number): DerReader {
    const end = this.#open(tag);
    const inner = new DerReader(this.#bytes, { at: this.#at, end, depth: this.#depth + 1 });
    this.#at = end;
    return inner;
  }

  /** The next element's contents. */
  contents(tag: number): Uint8Array {
    const end = this.#open(tag);
    const from = this.#at;
    this.#at = end;
    return this.#bytes.subarray(from, end);
  }

  /** The next element whole, header included. */
  raw(tag: number): Uint8Array {
    const from = this.#at;
    this.#at = this.#open(tag);
    return this.#bytes.subarray(from, this.#at);
  }

  skip(tag: number): void {
    this.#at = this.#open(tag);
  }

  /** Throws when elements are left. */
  end(): void {
    if (this.#at !== this.#end) throw invalidArgument('DER has trailing bytes');
  }

  boolean(): boolean {
    const bytes = this.contents(Tag.boolean);
    if (bytes.length !== 1 || (bytes[0] !== 0x00 && bytes[0] !== 0xff))
      throw invalidArgument('DER boolean is malformed');
    return bytes[0] === 0xff;
  }

  /** The contents of a minimally encoded INTEGER, two's complement. */
  integer(): Uint8Array {
    const bytes = this.contents(Tag.integer);
    const first = bytes[0]; // by index: taking typed arrays apart in patterns is slow
    const second = bytes[1] ?? 0;
    if (first === undefined) throw invalidArgument('DER integer is empty');
    const isPadded =
      bytes.length > 1 && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (isPadded) throw invalidArgument('DER integer is not minimal');
    return bytes;
  }

  /** The magnitude of an INTEGER that must not be negative, without the leading zero. */
  unsigned(): Uint8Array {
    const bytes = this.integer();
    if (this.#isNegative(bytes)) throw invalidArgument('DER integer is negative');
    return bytes[0] === 0 && bytes.length > 1 ? bytes.subarray(1) : bytes;
  }

  /** An INTEGER from 0 to 2^31 - 1. */
  smallInteger(): number {
    const bytes = this.integer();
    if (this.#isNegative(bytes) || bytes.length > SMALL_INTEGER_MAX_BYTES) {
      throw invalidArgument('DER integer is out of range');
    }
    return bytes.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** A BIT STRING of whole bytes. */
  bitString(): Uint8Array {
    const bytes = this.contents(Tag.bitString);
    if (bytes[0] !== 0) throw invalidArgument('DER bit string does not hold whole bytes');
    return bytes.subarray(1);
  }

  /** A BIT STRING of at most 16 named bits, the first one highest (bit 15 of the number). */
  namedBits(): number {
    const bytes = this.contents(Tag.bitString);
    const unused = bytes[0] ?? 8;
    const first = bytes[1] ?? 0;
    const second = bytes[2] ?? 0;
    const last = bytes.length === 2 ? first : second;
    const isEmpty = bytes.length < 2;
    if (bytes.length > 3 || unused > 7 || (isEmpty && unused > 0) || (last & ((1 << unused) - 1)) !== 0) {
      throw invalidArgument('DER bit string is malformed');
    }
    return (first << 8) | second;
  }

  /** An OBJECT IDENTIFIER in dotted form. */
  oid(): string {
    return oidText(this.contents(Tag.oid));
  }

  /** A character string that must be ASCII. */
  ascii(tag: number): string {
    const bytes = this.contents(tag);
    for (const byte of bytes) if (byte > 0x7f) throw invalidArgument('DER string is not ASCII');
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }

  #isNegative(bytes: Uint8Array): boolean {
    return (bytes[0] ?? 0) >= 0x80;
  }

  #byteAt(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined || at >= this.#end) throw invalidArgument('DER is truncated');
    return byte;
  }

  /** Steps over the header; the end of the contents. */
  #open(tag: number): number {
    const found = this.peekTag();
    if (found !== tag) {
      throw invalidArgument(
        `DER element has tag 0x${found.toString(16)} where 0x${tag.toString(16)} should be`,
      );
    }
    this.#at += 1;
    const length = this.#length();
    if (length > this.#end - this.#at) throw invalidArgument('DER is truncated');
    return this.#at + length;
  }

  /** X.690 10.1: the definite form, as short as can be. Three bytes of length are more than any input here may have. */
  #length(): number {
    const first = this.#byteAt(this.#at++);
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw invalidArgument('DER length is indefinite or too large');
    let length = 0;
    for (let i = 0; i < count; i++) length = (length << 8) | this.#byteAt(this.#at++);
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw invalidArgument('DER length is not minimal');
    return length;
  }
}

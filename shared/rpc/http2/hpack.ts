/** Blocks of headers in HTTP/2 (RFC 7541). Used by local/http2-request and http2-front. */
import { internal } from '../../errors.ts';
import { type Field, HeaderTable, sizeOf } from './header-table.ts';
import { decodeHuffman } from './huffman.ts';

export type Headers = Readonly<Record<string, string>>;

const LITERAL = 0; // RFC 7541 6.2.2
const LITERAL_NEVER_INDEXED = 0x10; // RFC 7541 6.2.3

/** Every header as a literal that is not to be indexed: nothing has to be remembered by whoever reads it. */
export const encodeFields = (fields: readonly Field[]): Uint8Array =>
  Buffer.concat(
    fields.flatMap(({ name, value, isSensitive }) => [
      Buffer.of(isSensitive === true ? LITERAL_NEVER_INDEXED : LITERAL),
      ...literal(name),
      ...literal(value),
    ]),
  );

export const encodeHeaders = (headers: Headers): Uint8Array =>
  encodeFields(Object.entries(headers).map(([name, value]) => ({ name, value })));

function literal(text: string): readonly Uint8Array[] {
  const bytes = Buffer.from(text, 'latin1');
  return [integer(bytes.length), bytes];
}

const LENGTH_BITS = 7;

/** RFC 7541 5.1. */
function integer(value: number): Uint8Array {
  const most = 2 ** LENGTH_BITS - 1;
  if (value < most) return Buffer.of(value);
  const bytes = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/**
 * Of headers that come twice, the last. For a reader that allows its peer no table: then nothing is remembered from one
 * block to the next. Throws Internal on a block that is not well-formed.
 */
export function decodeHeaders(block: Uint8Array): Headers {
  const headers = Object.create(null) as Record<string, string>;
  for (const { name, value } of decodeFields(block, new HeaderTable(0))) headers[name] = value;
  return headers;
}

/**
 * One after another, and into the table what is to be remembered. Throws Internal on a block that is not well-formed, and on
 * more than so many bytes of headers: the table is then no longer of use.
 */
export function* decodeFields(
  block: Uint8Array,
  table: HeaderTable,
  maxBytes = Number.MAX_SAFE_INTEGER,
): Generator<Field> {
  const reader = new BlockReader(block, table);
  reader.resizeTable();
  for (let bytes = 0; !reader.isAtEnd; ) {
    const field = reader.field();
    bytes += sizeOf(field);
    if (bytes > maxBytes) throw internal('the headers are too long');
    yield field;
  }
}

class BlockReader {
  readonly #block: Uint8Array;
  readonly #table: HeaderTable;
  #at = 0;

  constructor(block: Uint8Array, table: HeaderTable) {
    this.#block = block;
    this.#table = table;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#block.length;
  }

  /** Where the table is given another size, which only comes first (RFC 7541 4.2). */
  resizeTable(): void {
    while (this.#isResize()) this.#table.resize(this.#integer(5));
  }

  #isResize(): boolean {
    return (this.#first & 0xe0) === 0x20;
  }

  get #first(): number {
    return this.#block[this.#at] ?? 0;
  }

  field(): Field {
    const first = this.#first;
    if (first >= 0x80) return this.#table.get(this.#integer(7));
    if (first >= 0x40) {
      const field = this.#literal(6);
      this.#table.add(field);
      return field;
    }
    if (this.#isResize()) throw internal('the table of headers is given another size between headers');
    return first >= LITERAL_NEVER_INDEXED ? { ...this.#literal(4), isSensitive: true } : this.#literal(4);
  }

  #literal(prefixBits: number): Field {
    const index = this.#integer(prefixBits);
    return { name: index === 0 ? this.#text() : this.#table.get(index).name, value: this.#text() };
  }

  #text(): string {
    const isCoded = this.#first >= 0x80;
    const length = this.#integer(LENGTH_BITS);
    const bytes = this.#block.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw internal('a header is cut off');
    this.#at += length;
    return isCoded ? decodeHuffman(bytes) : Buffer.from(bytes).toString('latin1');
  }

  #integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw internal('a header has a length that no header has');
  }

  #byte(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw internal('a header is cut off');
    this.#at += 1;
    return byte;
  }
}

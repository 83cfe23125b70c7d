/**
 * Headers of HTTP/2 (RFC 7541) for a client that allows its peer no dynamic table: then nothing is remembered from one
 * block to the next. Used by http2-request.
 */
import { internal } from '../../errors.ts';
import { decodeHuffman } from './huffman.ts';

export type Headers = Readonly<Record<string, string>>;

/** RFC 7541 appendix A, from index 1. */
const STATIC_NAMES =
  `:authority :method :method :path :path :scheme :scheme :status :status :status :status :status
:status :status accept-charset accept-encoding accept-language accept-ranges accept access-control-allow-origin age allow
authorization cache-control content-disposition content-encoding content-language content-length content-location
content-range content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range
if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh
retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate`.split(
    /\s/,
  );
const STATIC_VALUES: Readonly<Record<number, string>> = {
  2: 'GET',
  3: 'POST',
  4: '/',
  5: '/index.html',
  6: 'http',
  7: 'https',
  8: '200',
  9: '204',
  10: '206',
  11: '304',
  12: '400',
  13: '404',
  14: '500',
  16: 'gzip, deflate',
};

/** Every header as a literal that is not to be indexed (RFC 7541 6.2.2). */
export const encodeHeaders = (headers: Headers): Uint8Array =>
  Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [Buffer.of(0), ...literal(name), ...literal(value)]),
  );

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

/** Of headers that come twice, the last. Throws Internal on a block that is not well-formed. */
export function decodeHeaders(block: Uint8Array): Headers {
  const reader = new BlockReader(block);
  const headers = Object.create(null) as Record<string, string>;
  while (!reader.isAtEnd) {
    const header = reader.header();
    if (header !== undefined) headers[header.name] = header.value;
  }
  return headers;
}

class BlockReader {
  readonly #block: Uint8Array;
  #at = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#block.length;
  }

  /** Undefined where the table is given another size: none is what it has. */
  header(): { readonly name: string; readonly value: string } | undefined {
    const first = this.#block[this.#at] ?? 0;
    if (first >= 0x80) return this.#indexed();
    if (first >= 0x40) return this.#literal(6);
    if (first < 0x20) return this.#literal(4);
    if (this.#integer(5) !== 0) throw internal('headers are remembered, which was not allowed');
    return undefined;
  }

  #indexed(): { readonly name: string; readonly value: string } {
    const index = this.#integer(7);
    return { name: nameAt(index), value: STATIC_VALUES[index] ?? '' };
  }

  #literal(prefixBits: number): { readonly name: string; readonly value: string } {
    const index = this.#integer(prefixBits);
    return { name: index === 0 ? this.#text() : nameAt(index), value: this.#text() };
  }

  #text(): string {
    const isCoded = (this.#block[this.#at] ?? 0) >= 0x80;
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

function nameAt(index: number): string {
  const name = STATIC_NAMES[index - 1];
  if (name === undefined) throw internal('a header is remembered, which was not allowed');
  return name;
}

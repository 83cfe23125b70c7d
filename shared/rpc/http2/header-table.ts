/** Headers by their numbers: those that every peer knows, and those of this connection (RFC 7541 2.3). Used by hpack. */
import { internal } from '../../errors.ts';

/** Texts have a character for each byte. */
export interface Field {
  readonly name: string;
  readonly value: string;
  /** Must not be remembered by anybody on its way (RFC 7541 7.1.3). */
  readonly isSensitive?: boolean;
}

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

const FIELD_EXTRA_BYTES = 32; // RFC 7541 4.1

/** RFC 7541 4.1; what SETTINGS_MAX_HEADER_LIST_SIZE counts, too (RFC 9113 6.5.2). */
export const sizeOf = ({ name, value }: Field): number => name.length + value.length + FIELD_EXTRA_BYTES;

/** What the writer of the headers at one end of a connection has the reader remember. */
export class HeaderTable {
  readonly #allowedBytes: number;
  #maxBytes: number;
  /** The latest last. */
  #fields: Field[] = [];
  #bytes = 0;

  /** As large as the writer was allowed to make it (SETTINGS_HEADER_TABLE_SIZE). */
  constructor(allowedBytes: number) {
    this.#allowedBytes = allowedBytes;
    this.#maxBytes = allowedBytes;
  }

  /** Throws Internal where nothing has this number. */
  get(index: number): Field {
    const name = STATIC_NAMES[index - 1];
    if (name !== undefined) return { name, value: STATIC_VALUES[index] ?? '' };
    const field = this.#fields[this.#fields.length - (index - STATIC_NAMES.length)];
    if (index === 0 || field === undefined) throw internal('a header has a number that none has');
    return field;
  }

  /** What is larger than the whole table empties it (RFC 7541 4.4). */
  add(field: Field): void {
    this.#fields.push(field);
    this.#bytes += sizeOf(field);
    this.#evict();
  }

  /** RFC 7541 6.3. Throws Internal on more than is allowed. */
  resize(maxBytes: number): void {
    if (maxBytes > this.#allowedBytes) throw internal('more headers are remembered than was allowed');
    this.#maxBytes = maxBytes;
    this.#evict();
  }

  #evict(): void {
    let gone = 0;
    for (; this.#bytes > this.#maxBytes; gone += 1) {
      const oldest = this.#fields[gone];
      if (oldest === undefined) break;
      this.#bytes -= sizeOf(oldest);
    }
    if (gone > 0) this.#fields = this.#fields.slice(gone);
  }
}

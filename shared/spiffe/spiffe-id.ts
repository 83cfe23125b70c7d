/** SPIFFE IDs (SPIFFE-ID 2): the strict reading, lowercase scheme and trust domain only. */
import { invalidArgument } from '../errors.ts';
import { checkPath } from './path.ts';
import { TrustDomain } from './trust-domain.ts';

const SCHEME = 'spiffe://';
const URI_MAX_BYTES = 2_048; // SPIFFE-ID 2.3

export class SpiffeId {
  readonly trustDomain: TrustDomain;
  /** Empty, or beginning with a slash. */
  readonly path: string;

  private constructor(trustDomain: TrustDomain, path: string) {
    this.trustDomain = trustDomain;
    this.path = path;
  }

  /** Throws InvalidArgument that says which rule was broken. */
  static parse(text: string): SpiffeId {
    if (text === '') throw invalidArgument('cannot be empty');
    if (text.length > URI_MAX_BYTES) throw invalidArgument(`SPIFFE ID is longer than ${URI_MAX_BYTES} bytes`);
    if (!text.startsWith(SCHEME)) throw invalidArgument('scheme is missing or invalid');
    const slash = text.indexOf('/', SCHEME.length);
    const end = slash < 0 ? text.length : slash;
    return SpiffeId.of(TrustDomain.parse(text.slice(SCHEME.length, end)), text.slice(end));
  }

  /** Throws InvalidArgument on an invalid path or an ID that grows too long. */
  static of(trustDomain: TrustDomain, path: string): SpiffeId {
    checkPath(path);
    if (trustDomain.id.length + path.length > URI_MAX_BYTES) {
      throw invalidArgument(`SPIFFE ID is longer than ${URI_MAX_BYTES} bytes`);
    }
    return new SpiffeId(trustDomain, path);
  }

  isMemberOf(trustDomain: TrustDomain): boolean {
    return this.trustDomain.equals(trustDomain);
  }

  equals(other: SpiffeId): boolean {
    return this.path === other.path && this.trustDomain.equals(other.trustDomain);
  }

  toString(): string {
    return this.trustDomain.id + this.path;
  }
}

/** Trust domain names (SPIFFE-ID 2.1). */
import { invalidArgument } from '../errors.ts';

const SCHEME = 'spiffe://';
const NAME_MAX_BYTES = 255; // SPIFFE-ID 2.3

/** A valid trust domain name: 1 to 255 of `a-z 0-9 . - _`. Interned, so `===` and equals() agree. */
export class TrustDomain {
  static readonly #known = new Map<string, TrustDomain>();
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** Takes the bare name or the trust domain's own ID; throws InvalidArgument on anything else. */
  static parse(text: string): TrustDomain {
    const name = text.startsWith(SCHEME) ? text.slice(SCHEME.length) : text;
    if (name === '') throw invalidArgument('trust domain is missing');
    if (name.length > NAME_MAX_BYTES)
      throw invalidArgument(`trust domain is longer than ${NAME_MAX_BYTES} bytes`);
    if (!/^[a-z0-9._-]+$/.test(name)) {
      throw invalidArgument(
        'trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores',
      );
    }
    return TrustDomain.#intern(name);
  }

  static #intern(name: string): TrustDomain {
    const known = TrustDomain.#known.get(name);
    if (known !== undefined) return known;
    const made = new TrustDomain(name);
    if (TrustDomain.#known.size < 10_000) TrustDomain.#known.set(name, made);
    return made;
  }

  /** `spiffe://name`. */
  get id(): string {
    return SCHEME + this.name;
  }

  equals(other: TrustDomain): boolean {
    return this.name === other.name;
  }

  toString(): string {
    return this.name;
  }
}

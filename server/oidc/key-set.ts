/** The keys that relying parties are given: of JWT authorities those that are not over, as JSON Web Keys. Made by key-poll. */
import type { TokenAuthority } from '../../shared/bundle/bundle.ts';
import { areSameAuthorities } from '../../shared/bundle/same-bundle.ts';
import { type Jwk, publicKeyToJwk } from '../../shared/crypto/jwk.ts';
import { type PublicKeyKind, readPublicKey } from '../../shared/crypto/public-key.ts';
import { messageOf } from '../../shared/errors.ts';

/** RFC 7518 3.1; SPIRE signs with the first three alone, other bundles may hold keys of the fourth. */
const ALGORITHMS: Readonly<Partial<Record<PublicKeyKind, string>>> = {
  rsa: 'RS256',
  'ec-p256': 'ES256',
  'ec-p384': 'ES384',
  'ec-p521': 'ES512',
};

interface PublishedKey {
  readonly authority: TokenAuthority;
  readonly jwk: Jwk;
}

export interface AliveKeys {
  readonly keys: readonly Jwk[];
  /** When it last became another set. */
  readonly modifiedAt: Date;
}

/**
 * DIVERGES: SPIRE publishes what the bundle holds. Here a key goes with its end, also while its source does not answer.
 * Tainted ones stay until they are revoked, as with SPIRE: tokens that they signed are refused from then on, not before.
 */
export class KeySet {
  readonly #authorities: readonly TokenAuthority[];
  readonly #keys: readonly PublishedKey[];
  readonly #changedAt: Date;
  /** Keys that cannot be published, with why: for the log. */
  readonly unusable: readonly { readonly keyId: string; readonly why: string }[];

  constructor(authorities: readonly TokenAuthority[], changedAt: Date) {
    this.#authorities = authorities;
    const unusable: { keyId: string; why: string }[] = [];
    this.#keys = authorities.flatMap((authority) => {
      try {
        return [{ authority, jwk: toJwk(authority) }];
      } catch (error) {
        unusable.push({ keyId: authority.keyId, why: messageOf(error) });
        return [];
      }
    });
    this.#changedAt = changedAt;
    this.unusable = unusable;
  }

  aliveAt(now: Date): AliveKeys {
    const alive = this.#keys.filter(({ authority }) => !isOver(authority, now));
    const ends = this.#keys.flatMap(({ authority }) =>
      isOver(authority, now) ? (authority.expiresAt ?? []) : [],
    );
    const modifiedAt = ends.reduce((latest, end) => (end > latest ? end : latest), this.#changedAt);
    return { keys: alive.map(({ jwk }) => jwk), modifiedAt };
  }

  /** The moment from which `aliveAt` answers something else than now; undefined: never by itself. */
  nextEnd(now: Date): Date | undefined {
    const ends = this.#keys.flatMap(({ authority: { expiresAt } }) => expiresAt ?? []);
    return ends.filter((end) => end > now).sort((a, b) => a.getTime() - b.getTime())[0];
  }

  isOf(authorities: readonly TokenAuthority[]): boolean {
    return areSameAuthorities(this.#authorities, authorities);
  }
}

const isOver = ({ expiresAt }: TokenAuthority, now: Date): boolean =>
  expiresAt !== undefined && expiresAt <= now;

/** In the order in which SPIRE writes the members. Throws InvalidArgument on a key that signs no JWT-SVID. */
function toJwk({ keyId, publicKey }: TokenAuthority): Jwk {
  const alg = ALGORITHMS[readPublicKey(publicKey).kind];
  const { kty, crv, ...members } = publicKeyToJwk(publicKey);
  if (alg === undefined) throw new Error('a key of its kind signs no JWT-SVID');
  return { kty, kid: keyId, ...(crv === undefined ? {} : { crv }), alg, ...members };
}

/**
 * Keys for JWT-SVIDs and WIT-SVIDs as workloads get them: a JWK Set of their own (RFC 7517 5), in SPIRE's form, with neither
 * `use` nor what SPIFFE adds. Used by the streams of bundles and admin-api.
 */
import type { Bundle, TokenAuthority } from '../../shared/bundle/bundle.ts';
import { utf8 } from '../../shared/bytes.ts';
import { publicKeyToJwk } from '../../shared/crypto/jwk.ts';

export interface KeySet {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly isEmpty: boolean;
}

/** A bundle goes to many workloads: it is written once. */
const jwtSets = new WeakMap<Bundle, KeySet>();
const witSets = new WeakMap<Bundle, KeySet>();

export const jwtKeySet = (bundle: Bundle): KeySet => written(jwtSets, bundle, () => bundle.jwtAuthorities);

/** WIT-SVID 6: no key that has the ID of another, be it one for JWT-SVIDs. */
export const witKeySet = (bundle: Bundle): KeySet =>
  written(witSets, bundle, () => {
    const others = new Set(bundle.jwtAuthorities.map(({ keyId }) => keyId));
    return bundle.witAuthorities.filter(({ keyId }) => !others.has(keyId));
  });

function written(
  sets: WeakMap<Bundle, KeySet>,
  bundle: Bundle,
  authorities: () => readonly TokenAuthority[],
): KeySet {
  const known = sets.get(bundle);
  if (known !== undefined) return known;
  const set = write(authorities());
  sets.set(bundle, set);
  return set;
}

/** Some clients refuse a whole set for one key that they cannot read: those are left out (facts/spiffe 3.4). */
function write(authorities: readonly TokenAuthority[]): KeySet {
  const keys = new Map<string, object>();
  for (const authority of authorities) {
    const jwk = jwkOf(authority);
    if (jwk !== undefined && !keys.has(authority.keyId)) keys.set(authority.keyId, jwk);
  }
  const text = JSON.stringify({ keys: [...keys.values()] }, undefined, 4);
  return { text, bytes: utf8(text), isEmpty: keys.size === 0 };
}

function jwkOf({ keyId, publicKey }: TokenAuthority): object | undefined {
  if (keyId === '') return undefined;
  try {
    const { kty, ...members } = publicKeyToJwk(publicKey);
    return { kty, kid: keyId, ...ordered(members) };
  } catch {
    return undefined;
  }
}

/** As SPIRE prints them. */
const ordered = ({ crv, n, e, x, y }: Readonly<Record<string, unknown>>): object =>
  crv === undefined ? { n, e } : { crv, x, y };

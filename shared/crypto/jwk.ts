/** Keys as JSON Web Keys (RFC 7517, RFC 7518 6): EC and RSA. Called by bundle-json, format-bundle, wit-svid and the agent. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { invalidArgument } from '../errors.ts';
import { jwsAlgorithmOf } from './jws-algorithms.ts';
import { keyTypeOf, parsePrivateKey } from './keys.ts';
import { importPublicKey, readPublicKey } from './public-key.ts';

export type Jwk = Readonly<Record<string, unknown>>;

/** The members of the key itself; throws InvalidArgument on a key that is not on the list of kinds or not on its curve. */
export const publicKeyToJwk = (spki: Uint8Array): Jwk => ({
  ...importPublicKey(spki).export({ format: 'jwk' }),
});

/** The SubjectPublicKeyInfo, DER; only members of the public key are looked at. Throws InvalidArgument. */
export function publicKeyFromJwk({ kty, crv, x, y, n, e }: Jwk): Uint8Array {
  const members = kty === 'EC' ? { kty, crv, x, y } : { kty, n, e };
  const spki = new Uint8Array(importJwk(members).export({ type: 'spki', format: 'der' }));
  readPublicKey(spki);
  return spki;
}

function importJwk(key: Jwk): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (cause) {
    throw invalidArgument('the key itself is malformed', { cause });
  }
}

/** A private key, PKCS#8, with the algorithm that it signs by. Throws InvalidArgument on one that is not of KEY_TYPES. */
export function privateKeyToJwk(pkcs8: Uint8Array): Jwk {
  const key = parsePrivateKey(pkcs8);
  const keyType = keyTypeOf(key);
  return {
    ...key.export({ format: 'jwk' }),
    ...(keyType === undefined ? {} : { alg: jwsAlgorithmOf(keyType) }),
  };
}

/** Makes tokens, right and wrong ones, apart from the code that they test: by node:crypto alone. Used by the generators of vectors. */
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface TokenKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const EC = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;

/** A new key for an algorithm (`ES256`, `PS384`, …). */
export function makeKey(algorithm: string, keyId: string): TokenKey {
  const namedCurve = Object.hasOwn(EC, algorithm) ? EC[algorithm as keyof typeof EC] : undefined;
  const pair =
    namedCurve === undefined
      ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
      : generateKeyPairSync('ec', { namedCurve });
  return { keyId, ...pair };
}

/** How an algorithm signs (RFC 7518 3); `none` does not. */
export function signatureOf(algorithm: string, message: string, key: TokenKey): string {
  const bytes = Buffer.from(message);
  const digest = `sha${algorithm.slice(2)}`;
  if (algorithm === 'none') return '';
  if (algorithm.startsWith('HS')) {
    const secret = key.publicKey.export({ type: 'spki', format: 'pem' });
    return createHmac(digest, secret).update(bytes).digest('base64url');
  }
  const how = algorithm.startsWith('ES')
    ? { dsaEncoding: 'ieee-p1363' as const }
    : algorithm.startsWith('PS')
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {};
  return sign(digest, bytes, { key: key.privateKey, ...how }).toString('base64url');
}

export const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A public key as a bundle's JWK. */
export const jwkOf = (use: string, { keyId, publicKey }: TokenKey): object => ({
  use,
  kid: keyId,
  ...publicKey.export({ format: 'jwk' }),
});

/** The text of a vector's file: its header, the token, the bundle. */
export const vectorText = (header: Readonly<Record<string, string>>, token: string, keys: readonly object[]) =>
  [
    ...Object.entries(header).map(([name, value]) => `${name}: ${value}`),
    '',
    token,
    '',
    JSON.stringify({ keys }, undefined, 2),
    '',
  ].join('\n');

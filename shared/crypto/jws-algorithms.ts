/**
 * The algorithms that sign SPIFFE's tokens (JWT-SVID 2.1, WIT-SVID 2.3; RFC 7518 3), which keys may use which, and the
 * form of their signatures: for EC r and s side by side, not the DER that a Signer gives. Called by shared/svid.
 */
import { constants, type KeyObject, verify } from 'node:crypto';
import { internal, invalidArgument } from '../errors.ts';
import { DerReader, Tag } from './der.ts';
import type { PublicKeyKind } from './public-key.ts';
import type { KeyType } from './signer.ts';

export type JwsAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'PS256'
  | 'PS384'
  | 'PS512';

interface Details {
  readonly kind: PublicKeyKind;
  readonly digest: string;
  /** EC: of r and of s (RFC 7518 3.4). */
  readonly halfBytes?: number;
  /** RSASSA-PSS, with a salt as long as the digest (RFC 7518 3.5). */
  readonly isPss?: true;
}

const ALGORITHMS: Readonly<Record<JwsAlgorithm, Details>> = {
  RS256: { kind: 'rsa', digest: 'sha256' },
  RS384: { kind: 'rsa', digest: 'sha384' },
  RS512: { kind: 'rsa', digest: 'sha512' },
  ES256: { kind: 'ec-p256', digest: 'sha256', halfBytes: 32 },
  ES384: { kind: 'ec-p384', digest: 'sha384', halfBytes: 48 },
  ES512: { kind: 'ec-p521', digest: 'sha512', halfBytes: 66 },
  PS256: { kind: 'rsa', digest: 'sha256', isPss: true },
  PS384: { kind: 'rsa', digest: 'sha384', isPss: true },
  PS512: { kind: 'rsa', digest: 'sha512', isPss: true },
};

export const isJwsAlgorithm = (name: unknown): name is JwsAlgorithm =>
  typeof name === 'string' && Object.hasOwn(ALGORITHMS, name);

/** What a Signer of that type signs with. */
export function jwsAlgorithmOf(keyType: KeyType): JwsAlgorithm {
  if (keyType === 'ec-p256') return 'ES256';
  return keyType === 'ec-p384' ? 'ES384' : 'RS256';
}

/** Each algorithm is for one kind of key. */
export const isForKind = (algorithm: JwsAlgorithm, kind: PublicKeyKind): boolean =>
  ALGORITHMS[algorithm].kind === kind;

/** Throws InvalidArgument when a key of this kind is not for that algorithm: the key decides, never the token. */
export function checkJwsKeyFits(algorithm: JwsAlgorithm, kind: PublicKeyKind): void {
  if (!isForKind(algorithm, kind))
    throw invalidArgument(`algorithm ${algorithm} does not fit a key of kind ${kind}`);
}

/** A Signer's signature as a token carries it; throws Internal when it is not one. */
export function toJwsSignature(algorithm: JwsAlgorithm, signature: Uint8Array): Uint8Array {
  const { halfBytes } = ALGORITHMS[algorithm];
  if (halfBytes === undefined) return signature;
  const outer = new DerReader(signature);
  const reader = outer.enter(Tag.sequence);
  outer.end();
  const raw = new Uint8Array(2 * halfBytes);
  for (const end of [halfBytes, 2 * halfBytes]) {
    const number = reader.unsigned();
    if (number.length > halfBytes) throw internal('signature is longer than its curve allows');
    raw.set(number, end - number.length);
  }
  reader.end();
  return raw;
}

export interface JwsCheck {
  readonly algorithm: JwsAlgorithm;
  readonly publicKey: KeyObject;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether the signature is the key's; the caller has checked that key and algorithm fit. */
export function isJwsSignatureValid({ algorithm, publicKey: key, message, signature }: JwsCheck): boolean {
  const { digest, halfBytes, isPss } = ALGORITHMS[algorithm];
  if (halfBytes !== undefined && signature.length !== 2 * halfBytes) return false;
  const padding = isPss === true ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const how =
    halfBytes === undefined
      ? { padding, ...(isPss === true ? { saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {}) }
      : { dsaEncoding: 'ieee-p1363' as const };
  try {
    return verify(digest, message, { key, ...how }, signature);
  } catch {
    return false; // OpenSSL could not even try: that signature proves nothing
  }
}

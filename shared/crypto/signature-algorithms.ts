/**
 * The signature algorithms this project believes in (RFC 5758, RFC 4055, RFC 8410), and checking a signature with one.
 * Called by csr and chain; MD5, SHA-1 and DSA are absent on purpose.
 */
import { type KeyObject, constants, verify } from 'node:crypto';
import { fromHex } from '../bytes.ts';
import { invalidArgument } from '../errors.ts';
import { DerReader, Tag } from './der.ts';
import type { PublicKeyKind } from './public-key.ts';
import type { KeyType } from './signer.ts';

export type SignatureAlgorithmName =
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'ecdsa-sha512'
  | 'rsa-sha256'
  | 'rsa-sha384'
  | 'rsa-sha512'
  | 'rsa-pss-sha256'
  | 'rsa-pss-sha384'
  | 'rsa-pss-sha512'
  | 'ed25519';

export interface SignatureAlgorithm {
  readonly name: SignatureAlgorithmName;
  readonly family: 'ec' | 'rsa' | 'ed25519';
  /** The digest's name for node:crypto; null where the algorithm has its own. */
  readonly digest: string | null;
  readonly padding: number | undefined;
  /** The AlgorithmIdentifier, parameters included. */
  readonly der: Uint8Array;
}

const PKCS1 = constants.RSA_PKCS1_PADDING;
const PSS = constants.RSA_PKCS1_PSS_PADDING;

/** RSASSA-PSS with one hash for both uses and a salt of its length (RFC 4055 3.1); `h` ends the hash's OID. */
const pssParameters = (h: string, saltBytes: string): string =>
  `304106092a864886f70d01010a3034a00f300d060960864801650304020${h}0500` +
  `a11c301a06092a864886f70d010108300d060960864801650304020${h}0500a2030201${saltBytes}`;

const ALGORITHMS: Readonly<Record<SignatureAlgorithmName, SignatureAlgorithm>> = {
  'ecdsa-sha256': algorithm('ecdsa-sha256', 'sha256', '300a06082a8648ce3d040302'),
  'ecdsa-sha384': algorithm('ecdsa-sha384', 'sha384', '300a06082a8648ce3d040303'),
  'ecdsa-sha512': algorithm('ecdsa-sha512', 'sha512', '300a06082a8648ce3d040304'),
  'rsa-sha256': algorithm('rsa-sha256', 'sha256', '300d06092a864886f70d01010b0500'),
  'rsa-sha384': algorithm('rsa-sha384', 'sha384', '300d06092a864886f70d01010c0500'),
  'rsa-sha512': algorithm('rsa-sha512', 'sha512', '300d06092a864886f70d01010d0500'),
  'rsa-pss-sha256': algorithm('rsa-pss-sha256', 'sha256', pssParameters('1', '20')),
  'rsa-pss-sha384': algorithm('rsa-pss-sha384', 'sha384', pssParameters('2', '30')),
  'rsa-pss-sha512': algorithm('rsa-pss-sha512', 'sha512', pssParameters('3', '40')),
  ed25519: algorithm('ed25519', null, '300506032b6570'),
};

function algorithm(name: SignatureAlgorithmName, digest: string | null, derHex: string): SignatureAlgorithm {
  const family = name.startsWith('ecdsa') ? 'ec' : name.startsWith('rsa') ? 'rsa' : 'ed25519';
  const padding = family === 'rsa' ? (name.startsWith('rsa-pss') ? PSS : PKCS1) : undefined;
  return { name, family, digest, padding, der: fromHex(derHex) };
}

const key = (der: Uint8Array): string =>
  Buffer.from(der.buffer, der.byteOffset, der.length).toString('latin1');

const BY_DER: ReadonlyMap<string, SignatureAlgorithm> = new Map(
  Object.values(ALGORITHMS).map((each) => [key(each.der), each]),
);

/** What an AlgorithmIdentifier names; undefined when it is not on the list. */
export const findSignatureAlgorithm = (der: Uint8Array): SignatureAlgorithm | undefined =>
  BY_DER.get(key(der));

/** The dotted OID of an AlgorithmIdentifier, for messages. */
export const algorithmOid = (der: Uint8Array): string => new DerReader(der).enter(Tag.sequence).oid();

/** What a Signer signs with (shared/crypto/signer). */
export function signatureAlgorithmOf(keyType: KeyType): SignatureAlgorithm {
  if (keyType === 'ec-p256') return ALGORITHMS['ecdsa-sha256'];
  return keyType === 'ec-p384' ? ALGORITHMS['ecdsa-sha384'] : ALGORITHMS['rsa-sha256'];
}

/** Throws InvalidArgument when a key of this kind cannot have made such a signature. */
export function checkKeyFits(algorithm: SignatureAlgorithm, kind: PublicKeyKind): void {
  const family = kind.startsWith('ec-') ? 'ec' : kind;
  if (family !== algorithm.family)
    throw invalidArgument(`signature algorithm ${algorithm.name} does not fit a key of kind ${kind}`);
}

export interface SignatureCheck {
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: KeyObject;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether the signature is the key's; the caller has checked that key and algorithm fit. */
export function isSignatureValid({ algorithm, publicKey, message, signature }: SignatureCheck): boolean {
  try {
    return verify(algorithm.digest, message, { key: publicKey, ...paddingOf(algorithm) }, signature);
  } catch {
    return false; // OpenSSL could not even try: that signature proves nothing
  }
}

/** What node:crypto wants besides the key. The salt is as long as the digest: OpenSSL would accept any length. */
export const paddingOf = ({ padding }: SignatureAlgorithm): { padding?: number; saltLength?: number } =>
  padding === undefined
    ? {}
    : padding === PSS
      ? { padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { padding };

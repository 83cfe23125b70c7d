/** Private keys and the signers made from them, on node:crypto. Called by key managers, the agent, tests. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair as generate,
  hash,
  type KeyObject,
  sign,
} from 'node:crypto';
import { invalidArgument, internal } from '../errors.ts';
import { DerReader, Tag } from './der.ts';
import { signatureAlgorithmOf } from './signature-algorithms.ts';
import { KEY_TYPES, type KeyType, type Signer } from './signer.ts';

export interface KeyPair {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

export function generateKeyPair(type: KeyType): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject): void => {
      if (error === null) resolve({ privateKey, publicKey: spkiOf(publicKey) });
      else reject(internal('cannot generate a key', { cause: error }));
    };
    if (type === 'ec-p256') generate('ec', { namedCurve: 'P-256' }, done);
    else if (type === 'ec-p384') generate('ec', { namedCurve: 'P-384' }, done);
    else generate('rsa', { modulusLength: type === 'rsa-2048' ? 2_048 : 4_096 }, done);
  });
}

/** A signer that works on libuv's threads, so that several certificates at once use every core; throws on a key type not in KEY_TYPES. */
export function keySigner(privateKey: KeyObject): Signer {
  const keyType = keyTypeOf(privateKey);
  if (keyType === undefined || privateKey.type !== 'private')
    throw invalidArgument('key cannot be a signer: its type is not supported');
  const { digest } = signatureAlgorithmOf(keyType);
  return {
    keyType,
    publicKey: spkiOf(createPublicKey(privateKey)),
    sign: (message) =>
      new Promise((resolve, reject) => {
        sign(digest, message, privateKey, (error, signature) => {
          if (error === null) resolve(signature);
          else reject(internal('cannot sign', { cause: error }));
        });
      }),
  };
}

const spkiOf = (publicKey: KeyObject): Uint8Array =>
  new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));

/** The SPIRE key type of a private or public key; undefined for any other. */
export function keyTypeOf(key: KeyObject): KeyType | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec') {
    return namedCurve === 'prime256v1' ? 'ec-p256' : namedCurve === 'secp384r1' ? 'ec-p384' : undefined;
  }
  if (key.asymmetricKeyType !== 'rsa') return undefined;
  return modulusLength === 2_048 ? 'rsa-2048' : modulusLength === 4_096 ? 'rsa-4096' : undefined;
}

export const privateKeyToPkcs8 = (key: KeyObject): Uint8Array =>
  new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }));

/** Throws InvalidArgument unless this is a PKCS#8 key of one of KEY_TYPES. */
export function parsePrivateKey(pkcs8: Uint8Array): KeyObject {
  const key = importPkcs8(pkcs8);
  if (keyTypeOf(key) === undefined)
    throw invalidArgument(`private key type is not supported: it must be one of ${KEY_TYPES.join(', ')}`);
  return key;
}

/** OpenSSL's own error is not passed on: it may describe the key. */
function importPkcs8(pkcs8: Uint8Array): KeyObject {
  try {
    const key = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length);
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch {
    throw invalidArgument('private key is not valid PKCS#8');
  }
}

/** The key identifier of a public key: SHA-1 of its bit string (RFC 5280 4.2.1.2, method 1). */
export function subjectKeyId(spki: Uint8Array): Uint8Array {
  const info = new DerReader(spki).enter(Tag.sequence);
  info.skip(Tag.sequence);
  return new Uint8Array(hash('sha1', info.bitString(), 'buffer'));
}

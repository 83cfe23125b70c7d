/** Private keys as other programs write them: PEM of PKCS #8, PKCS #1 or SEC 1. Called for the keys of CAs that are not ours. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { invalidArgument } from '../errors.ts';
import { keyTypeOf } from './keys.ts';
import { parsePem } from './pem.ts';
import { KEY_TYPES } from './signer.ts';

/** By the label of the block (RFC 7468 10, RFC 8017 A.1.2, RFC 5915 4). */
const FORMATS = [
  ['PRIVATE KEY', 'pkcs8'],
  ['RSA PRIVATE KEY', 'pkcs1'],
  ['EC PRIVATE KEY', 'sec1'],
] as const;

/** Throws InvalidArgument, without a byte of the text, unless it holds exactly one private key of KEY_TYPES, not encrypted. */
export function parsePrivateKeyPem(text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text))
    throw invalidArgument('private key is encrypted: decrypt it first');
  const found = FORMATS.flatMap(([label, type]) => parsePem(text, label).map((der) => ({ der, type })));
  const [first, ...others] = found;
  if (first === undefined) throw invalidArgument('there is no private key in PEM');
  if (others.length > 0) throw invalidArgument('there is more than one private key');
  const key = importKey(first.der, first.type);
  if (keyTypeOf(key) === undefined)
    throw invalidArgument(`private key is not one of ${KEY_TYPES.join(', ')}`);
  return key;
}

/** OpenSSL's own error is not passed on: it may describe the key. */
function importKey(der: Uint8Array, type: 'pkcs8' | 'pkcs1' | 'sec1'): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type });
  } catch {
    throw invalidArgument('private key is malformed');
  }
}

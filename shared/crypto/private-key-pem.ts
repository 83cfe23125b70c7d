/**
 * Private keys as other programs write them: PEM of PKCS #8, PKCS #1 or SEC 1. Called for keys that are not ours: of CAs, of nodes.
 * From bytes, which can be wiped, where a text could not.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { invalidArgument } from '../errors.ts';
import { keyTypeOf } from './keys.ts';
import { KEY_TYPES } from './signer.ts';

/** Labels of blocks (RFC 7468 10, RFC 8017 A.1.2, RFC 5915 4). */
const LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];
const ENCRYPTED = '-----BEGIN ENCRYPTED PRIVATE KEY-----'; // RFC 7468 11
const ENCRYPTED_BY_HEADER = 'Proc-Type: 4,ENCRYPTED'; // RFC 1421 4.6.1.1

/** Throws InvalidArgument, without a byte of the file, unless it holds exactly one private key of KEY_TYPES, not encrypted. */
export function parsePrivateKeyPem(pem: Uint8Array): KeyObject {
  const key = parseAnyPrivateKeyPem(pem);
  if (keyTypeOf(key) === undefined)
    throw invalidArgument(`private key is not one of ${KEY_TYPES.join(', ')}`);
  return key;
}

/** The same of a key of any type. */
export function parseAnyPrivateKeyPem(pem: Uint8Array): KeyObject {
  const bytes = Buffer.from(pem.buffer, pem.byteOffset, pem.length);
  if (bytes.includes(ENCRYPTED) || bytes.includes(ENCRYPTED_BY_HEADER))
    throw invalidArgument('private key is encrypted: decrypt it first');
  const [first, ...others] = LABELS.flatMap((label) => blocksOf(bytes, label));
  if (first === undefined) throw invalidArgument('there is no private key in PEM');
  if (others.length > 0) throw invalidArgument('there is more than one private key');
  return importKey(first);
}

/** From their first line on, each with whatever follows it. */
function blocksOf(bytes: Buffer, label: string): readonly Buffer[] {
  const begin = `-----BEGIN ${label}-----`;
  const found: Buffer[] = [];
  for (let at = bytes.indexOf(begin); at >= 0; at = bytes.indexOf(begin, at + begin.length))
    found.push(bytes.subarray(at));
  return found;
}

/** OpenSSL's own error is not passed on: it may describe the key. */
function importKey(key: Buffer): KeyObject {
  try {
    return createPrivateKey({ key, format: 'pem' });
  } catch {
    throw invalidArgument('private key is malformed');
  }
}

/**
 * Public keys (SubjectPublicKeyInfo, RFC 5280 4.1.2.7): what kind one is, by an allow-list. Called before any key is
 * given to node:crypto: named curves and uncompressed points only (RFC 5480 2), RSA within bounds.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { fromHex } from '../bytes.ts';
import { invalidArgument } from '../errors.ts';
import { DerReader, Tag } from './der.ts';

export type PublicKeyKind = 'ec-p256' | 'ec-p384' | 'ec-p521' | 'rsa' | 'ed25519';

export interface PublicKeyShape {
  readonly kind: PublicKeyKind;
  /** Of the curve's field or the RSA modulus. */
  readonly bits: number;
}

const RSA_MIN_BITS = 2_048; // NIST SP 800-131A
const RSA_MAX_BITS = 8_192; // a larger key makes each check cost milliseconds
const RSA_EXPONENT_MAX_BYTES = 4; // 65537 is what everyone uses; a huge exponent is a way to burn a verifier's time
const WORKLOAD_RSA_MAX_BITS = 4_096;

/** Everything of a SubjectPublicKeyInfo before the point: algorithm, curve, bit string header, 0x04 for uncompressed. */
const FIXED: readonly {
  readonly shape: PublicKeyShape;
  readonly prefix: Uint8Array;
  readonly length: number;
}[] = [
  fixed({ kind: 'ec-p256', bits: 256 }, '3059301306072a8648ce3d020106082a8648ce3d03010703420004', 64),
  fixed({ kind: 'ec-p384', bits: 384 }, '3076301006072a8648ce3d020106052b8104002203620004', 96),
  fixed({ kind: 'ec-p521', bits: 521 }, '30819b301006072a8648ce3d020106052b810400230381860004', 132),
  fixed({ kind: 'ed25519', bits: 255 }, '302a300506032b6570032100', 32),
];

function fixed(shape: PublicKeyShape, prefixHex: string, keyBytes: number) {
  const prefix = fromHex(prefixHex);
  return { shape, prefix, length: prefix.length + keyBytes };
}

/** Throws InvalidArgument on a kind that is not on the list. Whether an EC point lies on its curve is for the import. */
export function readPublicKey(spki: Uint8Array): PublicKeyShape {
  for (const { shape, prefix, length } of FIXED) {
    if (spki.length === length && startsWith(spki, prefix)) return shape;
  }
  return { kind: 'rsa', bits: readRsaBits(spki) };
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  for (let at = 0; at < prefix.length; at++) if (bytes[at] !== prefix[at]) return false;
  return true;
}

/** AlgorithmIdentifier of rsaEncryption with its NULL (RFC 3279 2.3.1). */
const RSA_ALGORITHM = fromHex('300d06092a864886f70d0101010500');

function readRsaBits(spki: Uint8Array): number {
  const reader = new DerReader(spki);
  const info = reader.enter(Tag.sequence);
  reader.end();
  if (Buffer.compare(info.raw(Tag.sequence), RSA_ALGORITHM) !== 0)
    throw invalidArgument('public key kind is not supported');
  const bytes = info.bitString();
  info.end();
  return readModulusBits(new DerReader(bytes));
}

function readModulusBits(reader: DerReader): number {
  const key = reader.enter(Tag.sequence);
  reader.end();
  const modulus = key.unsigned();
  const exponent = key.unsigned();
  key.end();
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS) {
    throw invalidArgument(`RSA key has ${bits} bits, where ${RSA_MIN_BITS} to ${RSA_MAX_BITS} are allowed`);
  }
  const isOdd = ((exponent[exponent.length - 1] ?? 0) & 1) === 1;
  const isOne = exponent.length === 1 && exponent[0] === 1;
  if (!isOdd || isOne || exponent.length > RSA_EXPONENT_MAX_BYTES)
    throw invalidArgument('RSA exponent is not allowed');
  return bits;
}

/** Throws InvalidArgument unless this is a key that an X509-SVID may be issued for: P-256, P-384 or RSA of 2048 to 4096 bits. */
export const checkWorkloadKey = (spki: Uint8Array): PublicKeyShape =>
  checkKind(readPublicKey(spki), ['ec-p256', 'ec-p384']);

/** The same of a key that a WIT-SVID may name: P-521 too (WIT-SVID 3.2). */
export const checkProofKey = (spki: Uint8Array): PublicKeyShape =>
  checkKind(readPublicKey(spki), ['ec-p256', 'ec-p384', 'ec-p521']);

function checkKind(shape: PublicKeyShape, curves: readonly PublicKeyKind[]): PublicKeyShape {
  if (curves.includes(shape.kind)) return shape;
  if (shape.kind !== 'rsa') throw invalidArgument(`public key kind ${shape.kind} is not allowed for an SVID`);
  if (shape.bits > WORKLOAD_RSA_MAX_BITS) {
    throw invalidArgument(
      `RSA key has ${shape.bits} bits, where at most ${WORKLOAD_RSA_MAX_BITS} are allowed for an SVID`,
    );
  }
  return shape;
}

/** The key for node:crypto; throws InvalidArgument on a kind not on the list or a point that is not on its curve. */
export function importPublicKey(spki: Uint8Array): KeyObject {
  readPublicKey(spki);
  try {
    return createPublicKey({ key: asBuffer(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw invalidArgument('public key is invalid', { cause });
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

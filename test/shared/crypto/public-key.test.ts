import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { fromHex } from '../../../shared/bytes.ts';
import { bitString, encode, sequence, unsignedInteger } from '../../../shared/crypto/der-writer.ts';
import { checkWorkloadKey, importPublicKey, readPublicKey } from '../../../shared/crypto/public-key.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';

const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }));
const ec = (namedCurve: string): Uint8Array => spkiOf(generateKeyPairSync('ec', { namedCurve }).publicKey);

/** A key that looks like RSA; nobody checks that the modulus is a product of primes. */
function rsa(bits: number, exponent: readonly number[] = [1, 0, 1]): Uint8Array {
  const modulus = new Uint8Array(Math.ceil(bits / 8)).fill(0xff);
  modulus[0] = 0xff >> (modulus.length * 8 - bits);
  const key = sequence(unsignedInteger(modulus), unsignedInteger(Uint8Array.from(exponent)));
  return encode(sequence(fromHex('300d06092a864886f70d0101010500'), bitString(encode(key))));
}

const KINDS: readonly (readonly [Uint8Array, string, number, boolean])[] = [
  [ec('P-256'), 'ec-p256', 256, true],
  [ec('P-384'), 'ec-p384', 384, true],
  [ec('P-521'), 'ec-p521', 521, false],
  [spkiOf(generateKeyPairSync('ed25519').publicKey), 'ed25519', 255, false],
  [rsa(2_048), 'rsa', 2_048, true],
  [rsa(2_049), 'rsa', 2_049, true],
  [rsa(4_096), 'rsa', 4_096, true],
  [rsa(4_097), 'rsa', 4_097, false],
  [rsa(8_192), 'rsa', 8_192, false],
];

for (const [spki, kind, bits, isForWorkloads] of KINDS) {
  test(`${isForWorkloads ? 'issues' : 'does not issue'} for ${kind} of ${bits} bits, and knows it`, () => {
    assert.deepEqual(readPublicKey(spki), { kind, bits });
    if (isForWorkloads) assert.equal(checkWorkloadKey(spki).kind, kind);
    else assert.throws(() => checkWorkloadKey(spki), CodedError);
  });
}

const p256 = ec('P-256');
const changed = (at: number, byte: number): Uint8Array => p256.with(at, byte);
const explicitCurve = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey;

const REFUSED: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['RSA of 2047 bits', rsa(2_047), /RSA key has 2047 bits/],
  ['RSA of 8193 bits', rsa(8_193), /RSA key has 8193 bits/],
  ['an RSA exponent of 1', rsa(2_048, [1]), /exponent/],
  ['an even RSA exponent', rsa(2_048, [1, 0, 0]), /exponent/],
  ['an RSA exponent of five bytes', rsa(2_048, [1, 0, 0, 0, 1]), /exponent/],
  ['a curve that is spelled out', spkiOf(explicitCurve), /kind is not supported/],
  ['another curve', ec('secp256k1'), /kind is not supported/],
  ['P-224', ec('P-224'), /kind is not supported/],
  [
    'a compressed point',
    encode(sequence(p256.subarray(2, 23), bitString(Uint8Array.of(2, ...p256.subarray(27, 59))))),
    /not supported/,
  ],
  ['a hybrid point', changed(26, 0x06), /not supported/],
  ['X25519', spkiOf(generateKeyPairSync('x25519').publicKey), /not supported/],
  [
    'RSA-PSS keys',
    spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }).publicKey),
    /not supported/,
  ],
  ['bytes after the key', Uint8Array.of(...rsa(2_048), 0), /trailing/],
  ['nothing', new Uint8Array(), /DER/],
];

for (const [what, spki, telling] of REFUSED) {
  test(`refuses ${what}`, () => {
    for (const read of [readPublicKey, checkWorkloadKey, importPublicKey]) {
      assert.throws(() => read(spki), isRefusal(Code.invalidArgument, telling));
    }
  });
}

test('imports a key', () => {
  assert.deepEqual(spkiOf(importPublicKey(p256)), p256);
});

test('refuses to import a point that is not on its curve', () => {
  const last = p256.length - 1;
  assert.throws(() => importPublicKey(changed(last, (p256[last] ?? 0) ^ 1)), /public key is invalid/);
});

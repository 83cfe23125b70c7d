import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { toHex } from '../../../shared/bytes.ts';
import {
  generateKeyPair,
  keySigner,
  keyTypeOf,
  parsePrivateKey,
  privateKeyToPkcs8,
  subjectKeyId,
} from '../../../shared/crypto/keys.ts';
import type { KeyType } from '../../../shared/crypto/signer.ts';
import { CodedError } from '../../../shared/errors.ts';

const DIGESTS: Readonly<Partial<Record<KeyType, string>>> = {
  'ec-p256': 'sha256',
  'ec-p384': 'sha384',
  'rsa-2048': 'sha256',
};

for (const [keyType, digest] of Object.entries(DIGESTS) as [KeyType, string][]) {
  test(`${keyType}: makes a key that signs with ${digest} and outlives PKCS#8`, async () => {
    const { privateKey, publicKey } = await generateKeyPair(keyType);
    const again = parsePrivateKey(privateKeyToPkcs8(privateKey));
    const signer = keySigner(again);
    assert.equal(keyTypeOf(again), keyType);
    assert.equal(signer.keyType, keyType);
    assert.deepEqual(signer.publicKey, publicKey);
    const message = Uint8Array.of(1, 2, 3);
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    assert.ok(verify(digest, message, key, await signer.sign(message)));
  });
}

const FOREIGN = [
  generateKeyPairSync('ed25519').privateKey,
  generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
  generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey,
];

test('refuses keys of other types', () => {
  for (const key of FOREIGN) {
    assert.equal(keyTypeOf(key), undefined);
    assert.throws(() => parsePrivateKey(privateKeyToPkcs8(key)), /private key type is not supported/);
    assert.throws(() => keySigner(key), /its type is not supported/);
  }
});

test('refuses what is no PKCS#8 without telling what it was', () => {
  const sec1 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'sec1',
    format: 'der',
  });
  for (const bytes of [new Uint8Array(), Uint8Array.of(0x30, 0), sec1]) {
    assert.throws(
      () => parsePrivateKey(bytes),
      (error: unknown) =>
        error instanceof CodedError &&
        error.message === 'private key is not valid PKCS#8' &&
        error.cause === undefined,
    );
  }
});

test('refuses to sign with a public key', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  assert.throws(() => keySigner(publicKey), /cannot be a signer/);
});

/** ISRG Root X1: its key and the subject key identifier that it states, which is of the same method. */
const ISRG_ROOT_X1_SKI = '79b459e67bb6e5e40173800888c81a58f6e99b6e';

test('names a key by the SHA-1 of its bit string, as a public root does', async () => {
  const { rootCertificates } = await import('node:tls');
  const root = rootCertificates
    .map((pem) => new X509Certificate(pem))
    .find(({ subject }) => subject.includes('ISRG Root X1'));
  assert.ok(root !== undefined, 'node carries ISRG Root X1');
  const spki = new Uint8Array(root.publicKey.export({ type: 'spki', format: 'der' }));
  assert.equal(toHex(subjectKeyId(spki)), ISRG_ROOT_X1_SKI);
});

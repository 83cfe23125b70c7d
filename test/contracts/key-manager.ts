/** What every key manager promises (server/key-manager/key-manager.ts). Run for each kind and for the fake. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import { generateKeyPair, privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import type { KeyManager } from '../../server/key-manager/key-manager.ts';
import { Code } from '../../shared/errors.ts';
import { isRefusal } from '../refusal.ts';
import { KEY_TYPES, type KeyType, type Signer } from '../../shared/crypto/signer.ts';

const message = new TextEncoder().encode('signed by whoever holds the key');

const FOREIGN: readonly KeyObject[] = [
  generateKeyPairSync('ed25519').privateKey,
  generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
  generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey,
  generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }).privateKey,
];

async function signsFor(signer: Signer, publicKey: Uint8Array): Promise<boolean> {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  return verify(signer.keyType === 'ec-p384' ? 'sha384' : 'sha256', message, key, await signer.sign(message));
}

/** `make` gives an empty key manager each time. */
export function keyManagerContract(kind: string, make: () => KeyManager): void {
  describe(`key manager ${kind}`, () => {
    test('has no keys at first', async () => {
      const manager = make();
      assert.equal(await manager.findKey('x509-CA-A'), undefined);
      assert.deepEqual(await manager.listKeys(), []);
    });

    for (const type of KEY_TYPES.filter((one: KeyType) => one !== 'rsa-4096')) {
      test(`makes a ${type} key that signs for its own public key`, async () => {
        const signer = await make().generateKey('k', type);
        assert.equal(signer.keyType, type);
        assert.equal(await signsFor(signer, signer.publicKey), true);
      });
    }

    for (const type of KEY_TYPES.filter((one: KeyType) => one !== 'rsa-4096')) {
      test(`keeps a ${type} key that was made elsewhere, as one that it made`, async () => {
        const manager = make();
        const { privateKey, publicKey } = await generateKeyPair(type);
        const replaced = await manager.generateKey('k', 'ec-p256');
        const pkcs8 = privateKeyToPkcs8(privateKey);
        const signer = await manager.importKey('k', pkcs8);
        pkcs8.fill(0); // whoever brought it wipes it
        assert.equal(signer.keyType, type);
        assert.deepEqual((await manager.findKey('k'))?.publicKey, publicKey);
        assert.notDeepEqual(publicKey, replaced.publicKey);
        assert.equal(await signsFor(signer, publicKey), true);
        assert.doesNotMatch(JSON.stringify(signer), /private|"d"|PRIVATE KEY/);
      });
    }

    test('refuses a key of another type, or none at all, and keeps what it had', async () => {
      const manager = make();
      const before = await manager.generateKey('k', 'ec-p256');
      for (const pkcs8 of [...FOREIGN.map(privateKeyToPkcs8), new Uint8Array(), Uint8Array.of(0x30, 0)])
        await assert.rejects(
          manager.importKey('k', pkcs8),
          isRefusal(
            Code.invalidArgument,
            /^private key (?:type is not supported: it must be one of|is not valid)/,
          ),
        );
      assert.deepEqual((await manager.findKey('k'))?.publicKey, before.publicKey);
    });

    test('finds the key that it made', async () => {
      const manager = make();
      const made = await manager.generateKey('k', 'ec-p256');
      const found = await manager.findKey('k');
      assert.ok(found !== undefined);
      assert.deepEqual(found.publicKey, made.publicKey);
      assert.equal(await signsFor(found, made.publicKey), true);
    });

    test('replaces the key under an id that is taken, and leaves the others', async () => {
      const manager = make();
      const first = await manager.generateKey('k', 'ec-p256');
      const other = await manager.generateKey('other', 'ec-p256');
      const second = await manager.generateKey('k', 'ec-p384');
      assert.notDeepEqual(second.publicKey, first.publicKey);
      assert.deepEqual((await manager.findKey('k'))?.publicKey, second.publicKey);
      assert.deepEqual((await manager.findKey('other'))?.publicKey, other.publicKey);
      assert.deepEqual((await manager.listKeys()).map(({ id }) => id).sort(), ['k', 'other']);
    });

    test('a signer taken before its key was replaced still signs for the old public key', async () => {
      const manager = make();
      const first = await manager.generateKey('k', 'ec-p256');
      await manager.generateKey('k', 'ec-p256');
      assert.equal(await signsFor(first, first.publicKey), true);
    });

    test('keeps every key of several made at once', async () => {
      const manager = make();
      const ids = ['a', 'b', 'c', 'd'];
      const made = await Promise.all(ids.map((id) => manager.generateKey(id, 'ec-p256')));
      for (const [at, id] of ids.entries()) {
        assert.deepEqual((await manager.findKey(id))?.publicKey, made[at]?.publicKey);
      }
    });

    test('shows nothing of a private key when a signer is turned into text', async () => {
      const signer = await make().generateKey('k', 'ec-p256');
      assert.doesNotMatch(JSON.stringify(signer), /private|"d"|PRIVATE KEY/);
    });
  });
}

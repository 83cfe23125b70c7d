/** What every key manager promises (server/key-manager/key-manager.ts). Run for each kind and for the fake. */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import type { KeyManager } from '../../server/key-manager/key-manager.ts';
import { KEY_TYPES, type KeyType, type Signer } from '../../shared/crypto/signer.ts';

const message = new TextEncoder().encode('signed by whoever holds the key');

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

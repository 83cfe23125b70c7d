/** What every key manager of the agent promises (agent/key-manager/key-manager.ts). */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { it } from 'node:test';
import type { AgentKey, KeyManager } from '../../agent/key-manager/key-manager.ts';
import type { KeyType } from '../../shared/crypto/signer.ts';

const message = new TextEncoder().encode('signed by whoever holds the key');
const TYPES: readonly KeyType[] = ['ec-p256', 'ec-p384', 'rsa-2048'];

async function signsFor({ signer }: AgentKey, publicKey: Uint8Array): Promise<boolean> {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  const digest = signer.keyType === 'ec-p384' ? 'sha384' : 'sha256';
  return verify(digest, message, key, await signer.sign(message));
}

/** `make` gives an empty key manager each time. */
export function agentKeyManagerContract(make: () => KeyManager): void {
  it('has no keys at first', async () => assert.equal(await make().findKey('agent-svid-A'), undefined));

  for (const type of TYPES)
    it(`makes a ${type} key, whose private half and signer are of one public key`, async () => {
      const keys = make();
      const made = await keys.generateKey('agent-svid-A', type);
      assert.equal(made.signer.keyType, type);
      const publicKey = createPublicKey(made.privateKey).export({ format: 'der', type: 'spki' });
      assert.deepEqual(new Uint8Array(publicKey), new Uint8Array(made.signer.publicKey));
      assert.equal(await signsFor(made, publicKey), true);
      const found = await keys.findKey('agent-svid-A');
      assert.ok(found);
      assert.equal(await signsFor(found, publicKey), true);
    });

  it('replaces the key under an id that is taken, and leaves the others', async () => {
    const keys = make();
    const first = await keys.generateKey('agent-svid-A', 'ec-p256');
    const other = await keys.generateKey('agent-svid-B', 'ec-p256');
    const second = await keys.generateKey('agent-svid-A', 'ec-p256');
    assert.notDeepEqual(second.signer.publicKey, first.signer.publicKey);
    assert.deepEqual((await keys.findKey('agent-svid-A'))?.signer.publicKey, second.signer.publicKey);
    assert.deepEqual((await keys.findKey('agent-svid-B'))?.signer.publicKey, other.signer.publicKey);
    assert.equal(await signsFor(first, first.signer.publicKey), true);
  });

  it('keeps every key of several made at once', async () => {
    const keys = make();
    const ids = ['a', 'b', 'c'];
    const made = await Promise.all(ids.map((id) => keys.generateKey(id, 'ec-p256')));
    for (const [at, id] of ids.entries())
      assert.deepEqual((await keys.findKey(id))?.signer.publicKey, made[at]?.signer.publicKey);
  });

  it('shows nothing of a private key when a key is turned into text', async () => {
    const key = await make().generateKey('a', 'ec-p256');
    assert.doesNotMatch(JSON.stringify(key), /"d"|PRIVATE KEY/);
  });
}

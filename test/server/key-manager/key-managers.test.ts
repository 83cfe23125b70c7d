import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DiskKeyManager } from '../../../server/key-manager/disk.ts';
import { MemoryKeyManager } from '../../../server/key-manager/memory.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { makeKeyManager } from '../../../server/key-manager/registry.ts';
import { keyManagerContract } from '../../contracts/key-manager.ts';
import { FakeKeyManager } from '../../fakes/key-manager.ts';

const directory = mkdtempSync(join(tmpdir(), 'writ-keys-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(directory, `${++files}.json`);

keyManagerContract('memory', () => new MemoryKeyManager());
keyManagerContract('disk', () => DiskKeyManager.open(newPath()));
keyManagerContract('fake', () => new FakeKeyManager());

test('disk keeps its keys over a restart, in a file that only its owner can reach', async () => {
  const path = newPath();
  const before = DiskKeyManager.open(path);
  const a = await before.generateKey('x509-CA-A', 'ec-p256');
  const b = await before.generateKey('x509-CA-B', 'rsa-2048');
  assert.equal(statSync(path).mode & 0o777, 0o600);

  const after = DiskKeyManager.open(path);
  assert.deepEqual((await after.findKey('x509-CA-A'))?.publicKey, a.publicKey);
  assert.deepEqual((await after.findKey('x509-CA-B'))?.publicKey, b.publicKey);
});

test('disk keeps a key that was made elsewhere over a restart, in a file that only its owner can reach', async () => {
  const path = newPath();
  const { privateKey, publicKey } = await generateKeyPair('ec-p384');
  await DiskKeyManager.open(path).importKey('x509-CA-B', privateKeyToPkcs8(privateKey));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual((await DiskKeyManager.open(path).findKey('x509-CA-B'))?.publicKey, publicKey);
});

test('disk keeps the key that it has when the new one cannot be written', async () => {
  const folder = join(directory, 'going');
  const path = join(folder, 'keys.json');
  assert.throws(() => DiskKeyManager.open(path), /does not exist: make it/);
  mkdirSync(folder);
  const manager = DiskKeyManager.open(path);
  rmSync(folder, { recursive: true });
  await assert.rejects(manager.generateKey('k', 'ec-p256'), /does not exist: make it/);
  const pkcs8 = privateKeyToPkcs8((await generateKeyPair('ec-p256')).privateKey);
  await assert.rejects(manager.importKey('k', pkcs8), /does not exist: make it/);
  assert.equal(await manager.findKey('k'), undefined);
});

test('the registry makes the kind that the configuration names', () => {
  assert.ok(makeKeyManager({ kind: 'memory' }) instanceof MemoryKeyManager);
  assert.ok(makeKeyManager({ kind: 'disk', keysPath: newPath() }) instanceof DiskKeyManager);
});

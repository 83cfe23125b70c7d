import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { KeyManager } from '../../../agent/key-manager/key-manager.ts';
import { agentKeyManagerContract } from '../../contracts/agent-keys.ts';
import { makeKeyManager } from '../../../agent/key-manager/registry.ts';

const directory = mkdtempSync(join(tmpdir(), 'writ-agent-keys-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;
const newDirectory = (): string => join(directory, `${++count}`, 'keys');

const kinds: Readonly<Record<string, () => KeyManager>> = {
  memory: () => makeKeyManager({ kind: 'memory' }),
  disk: () => makeKeyManager({ kind: 'disk', directory: newDirectory() }),
};

for (const [kind, make] of Object.entries(kinds))
  describe(`the agent's key manager ${kind}`, () => agentKeyManagerContract(make));

describe('keys on disk', () => {
  it('last over a restart, in a directory and a file that only their owner can reach', async () => {
    const path = newDirectory();
    const made = await makeKeyManager({ kind: 'disk', directory: path }).generateKey(
      'agent-svid-A',
      'ec-p256',
    );
    const found = await makeKeyManager({ kind: 'disk', directory: path }).findKey('agent-svid-A');
    assert.deepEqual(found?.signer.publicKey, made.signer.publicKey);
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.equal(statSync(join(path, 'keys.json')).mode & 0o777, 0o600);
  });

  it('are refused, with what to do, where the directory cannot be made', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    assert.throws(() => makeKeyManager({ kind: 'disk', directory: join(file, 'keys') }), /cannot be made/);
  });
});

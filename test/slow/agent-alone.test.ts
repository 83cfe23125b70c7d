import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';

test('an agent that was killed with its server serves the same SVIDs again before the server is back', async () => {
  const system = await System.start();
  try {
    const selectors = [`unix:path:${process.execPath}`];
    const deleted = await system.register({ spiffeId: system.idOf('/steady'), selectors });
    const idsOf = async (): Promise<readonly string[]> =>
      (await system.identities()).identities.map(({ svid }) => svid.id.toString());
    const before = (await system.identities()).identities.map(({ svid }) => svid.serialNumber);
    const path = await eventually('kept file', () => system.keptFile());
    const lines = (): readonly string[] => readFileSync(path, 'utf8').split('\n');
    const isKept = (line: string): boolean => line.includes('/steady"') && line.includes('"privateKey"');
    await eventually('kept SVID', () => lines().some(isKept) || undefined);
    assert.equal(statSync(path).mode & 0o777, 0o600);

    await Promise.all([system.server.kill(), system.agent.kill()]);
    await system.restartAgent();
    const after = (await system.identities()).identities.map(({ svid }) => svid.serialNumber);
    assert.deepEqual(after, before);
    assert.equal(system.server.isRunning, false);

    await system.startServer();
    await system.register({ spiffeId: system.idOf('/new'), selectors });
    await system.admin.deleteEntry(deleted);
    await eventually(
      'the entries of now',
      async () => (await idsOf()).join() === system.idOf('/new') || undefined,
      60_000,
    );
  } finally {
    await system.stop();
  }
});

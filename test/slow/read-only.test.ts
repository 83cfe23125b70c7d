/** Renewals and rotations that come due while the directories of their keys are read-only. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { canMount, makeReadOnly } from './small-disk.ts';

test('while state is read-only neither CA nor agent renews, each says so, and both go on without a restart', {
  skip: canMount ? false : 'only root can mount',
}, async () => {
  const system = await System.start({ agentTtl: '110s', caTtl: '120s', x509SvidTtl: '60s' });
  const { agentData, serverData } = system.files;
  const undo: (() => void)[] = [];
  const isSaid = (log: () => string, words: RegExp): Promise<unknown> =>
    eventually(`${words}`, () => words.test(log()) || undefined, 110_000);
  const keys = (): string => readFileSync(join(serverData, 'keys.json'), 'utf8');
  try {
    const selectors = [`unix:path:${process.execPath}`];
    await system.register({ spiffeId: system.idOf('/steady'), selectors });
    await system.identities();
    const before = keys();
    for (const folder of [agentData, serverData]) undo.push(makeReadOnly(folder));
    await isSaid(() => system.agent.output(), /failed to renew the agent SVID.*read-only: mount it writable/);
    await isSaid(() => system.server.output(), /authorities could not be.*read-only: mount it writable/);
    assert.equal(keys(), before);
    assert.equal((await system.identities()).identities.length, 1);
    for (const back of undo.splice(0)) back();
    await isSaid(() => system.server.output(), /can be rotated again/);
    await isSaid(() => system.agent.output(), /failed to renew[^]*agent SVID renewed/);
    assert.ok(system.agent.isRunning && system.server.isRunning);
    assert.notEqual(keys(), before);
  } finally {
    for (const back of undo) back();
    await system.stop();
  }
});

/** Renewals and rotations that come due while the directories of their keys are read-only, or have no room. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { canMount, makeReadOnly, SmallDisk } from './small-disk.ts';

const skip = canMount ? false : 'only root can mount';
const TTLS = { agentTtl: '110s', caTtl: '120s', x509SvidTtl: '60s' };

const isSaid = (log: () => string, words: RegExp): Promise<unknown> =>
  eventually(`${words}`, () => words.test(log()) || undefined, 110_000);

async function registerOwn(system: System): Promise<void> {
  await system.register({ spiffeId: system.idOf('/steady'), selectors: [`unix:path:${process.execPath}`] });
  await system.identities();
}

describe('a rotation that comes due while keys cannot be written', { skip, concurrency: true }, () => {
  it('waits, is told of, and goes on without a restart: read-only, of CA and agent', async () => {
    const system = await System.start(TTLS);
    const { agentData, serverData } = system.files;
    const undo: (() => void)[] = [];
    const keys = (): string => readFileSync(join(serverData, 'keys.json'), 'utf8');
    try {
      await registerOwn(system);
      const before = keys();
      for (const folder of [agentData, serverData]) undo.push(makeReadOnly(folder));
      await isSaid(
        () => system.agent.output(),
        /failed to renew the agent SVID.*read-only: mount it writable/,
      );
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

  it('waits, is told of, and goes on without a restart: full, of the CA', async () => {
    const disk = new SmallDisk(1);
    const keys = (): string => readFileSync(join(disk.folder, 'keys.json'), 'utf8');
    const system = await System.start({ ...TTLS, keysFolder: disk.folder });
    try {
      await registerOwn(system);
      const before = keys();
      disk.fill();
      await isSaid(() => system.server.output(), /authorities could not be.*no space is left: make room in/);
      assert.equal(keys(), before);
      assert.deepEqual(readdirSync(disk.folder).sort(), ['filling', 'keys.json']);
      assert.equal(await system.admin.isHealthy(), true);
      assert.equal((await system.identities()).identities.length, 1);
      disk.makeRoom();
      await isSaid(() => system.server.output(), /can be rotated again/);
      assert.notEqual(keys(), before);
    } finally {
      await system.stop();
      disk.unmount();
    }
  });
});

/** An agent that has more entries than room for SVIDs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryDirectory } from '../fakes/memory-directory.ts';
import { Testbed } from '../fakes/testbed.ts';
import { verify } from './witness.ts';

const user = (n: number): string => `unix:uid:${n}`;

/** Room for one SVID, and five entries. */
async function start(t: Parameters<typeof Testbed.open>[0]) {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a');
  const config = { x509SvidCacheMaxSize: 1 };
  const agent = await bed.startAgent('agent', { server, config, keepsIn: memoryDirectory(t) });
  for (const n of [1, 2, 3, 4, 5])
    await bed.createEntry(server, { path: `/w${n}`, parent: agent.path, selectors: [user(n)] });
  await bed.passUntil(() => agent.identities.syncState().entriesKnown === 5, 10);
  await bed.passUntil(() => agent.identities.svidCount === 1, 10);
  return { bed, server, agent };
}

test('a workload gets an SVID that was not there without any time passing, and what is held stays within its bound', async (t) => {
  const { bed, agent } = await start(t);
  for (const n of [3, 1, 5, 3]) {
    const watch = agent.watch(user(n));
    await bed.rest();
    const identity = watch.latest().identities[0] ?? assert.fail('no identity');
    assert.deepEqual(watch.paths(), [`/w${n}`]);
    verify(identity, watch.latest().bundle, bed.clock.now());
    assert.equal(watch.updates.length, 1);
    assert.equal(agent.identities.svidCount, 1);
    watch.close();
  }
});

test('what is in use is held beyond the bound and renewed; the next start, without a server, has all of it', async (t) => {
  const { bed, server, agent } = await start(t);
  const watches = [1, 2, 3].map((n) => agent.watch(user(n)));
  await bed.pass(100); // lives are of two minutes
  assert.equal(agent.identities.svidCount, 3);
  assert.ok(watches.every(({ updates }) => updates.length > 1));
  await agent.stop();
  agent.link.cut();
  await agent.start();
  const again = [1, 2, 3].map((n) => agent.watch(user(n)));
  await bed.rest();
  assert.deepEqual(
    again.map(({ paths }) => paths()),
    [['/w1'], ['/w2'], ['/w3']],
  );
  const late = agent.watch(user(5));
  await bed.reconnect(agent, server);
  await bed.passUntil(() => late.paths()?.join() === '/w5', 60);
  for (const watch of [...again, late]) watch.close();
  await bed.pass(65);
  assert.equal(agent.identities.svidCount, 1);
});

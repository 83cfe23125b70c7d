import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { memoryDirectory } from '../fakes/memory-directory.ts';
import { DOMAIN, type FlowServer, Testbed } from '../fakes/testbed.ts';
import { verify } from './witness.ts';

const USER = `unix:uid:${process.getuid?.()}`;
const NOT_USED = 'what the last run kept is not used: it is removed';

/** An agent whose workload has its SVID, which is kept. */
async function start(t: Parameters<typeof Testbed.open>[0]) {
  const bed = await Testbed.open(t);
  const keepsIn = memoryDirectory(t);
  const server = await bed.startServer('a');
  const agent = await bed.startAgent('agent', { server, keepsIn, opensDoor: true });
  const entryId = await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [USER] });
  const watch = agent.watch(USER);
  await bed.passUntil(() => watch.paths()?.length === 1, 2);
  await bed.pass(2);
  const kept = (): string | undefined => readdirSync(keepsIn).map((name) => join(keepsIn, name))[0];
  const asKilled = (): (() => void) => {
    const path = kept() ?? assert.fail('nothing was kept');
    copyFileSync(path, join(bed.directory, 'kept'));
    return () => writeFileSync(path, readFileSync(join(bed.directory, 'kept')), { mode: 0o600 });
  };
  return { bed, server, agent, watch, entryId, kept, asKilled };
}

const agentId = (path: string) => ({ trust_domain: DOMAIN, path });

test('an agent that starts while its server is away serves what it kept, and nothing changes when the server is back', async (t) => {
  const { bed, server, agent, watch } = await start(t);
  const before = watch.latest();
  await agent.stop();
  agent.link.cut();
  await bed.pass(5);
  await agent.start();
  const stream = agent.fetchX509Svid();
  await bed.clock.until(() => stream.responses.length === 1);
  const again = agent.watch(USER);
  await bed.rest();
  const identity = again.latest().identities[0] ?? assert.fail('no identity');
  assert.deepEqual(again.latest().identities, before.identities);
  verify(identity, again.latest().bundle, bed.clock.now());
  assert.ok(agent.identities.syncState().keptAt !== undefined);
  assert.equal(agent.identities.syncState().lastSyncAt, undefined);

  await bed.reconnect(agent, server);
  await bed.passUntil(() => agent.identities.syncState().lastSyncAt !== undefined, 60);
  await bed.pass(2);
  assert.equal(agent.identities.syncState().keptAt, undefined);
  assert.deepEqual(again.latest().identities, before.identities);
  assert.equal(stream.responses.length, 1);
  const late = await bed.createEntry(server, { path: '/late', parent: agent.path, selectors: [USER] });
  await bed.passUntil(() => again.paths()?.length === 2, 60);
  await bed.deleteEntry(server, late);
  await bed.passUntil(() => again.paths()?.length === 1, 60);
});

test('kept SVIDs end when their time is over, and then none is kept', async (t) => {
  const { bed, server, agent, watch } = await start(t);
  const { expiresAt } = watch.latest().identities[0] ?? assert.fail();
  await agent.stop();
  agent.link.cut();
  await agent.start();
  const again = agent.watch(USER);
  await bed.pass((expiresAt.getTime() - bed.clock.now().getTime()) / 1_000);
  assert.deepEqual(again.paths(), []);
  await agent.stop();
  await agent.start();
  assert.throws(() => agent.watch(USER), /not synchronised with its server yet/);
  await bed.reconnect(agent, server);
});

test('entries that were deleted or changed meanwhile are so after the first synchronisation', async (t) => {
  const { bed, server, agent, watch, entryId } = await start(t);
  const changed = await bed.createEntry(server, { path: '/old', parent: agent.path, selectors: [USER] });
  await bed.passUntil(() => watch.paths()?.length === 2, 2);
  await bed.pass(2);
  await agent.stop();
  agent.link.cut();
  await bed.deleteEntry(server, entryId);
  await bed.updateEntry(server, { id: changed, path: '/new' });
  await agent.start();
  const again = agent.watch(USER);
  await bed.rest();
  assert.deepEqual(again.paths(), ['/old', '/web']);
  await bed.reconnect(agent, server);
  await bed.passUntil(() => again.paths()?.join() === '/new', 60);
  verify(again.latest().identities[0] ?? assert.fail(), again.latest().bundle, bed.clock.now());
});

test('after a failover that lost changes every kept SVID is made anew', async (t) => {
  const { bed, server, agent, watch } = await start(t);
  const before = watch.latest().identities[0] ?? assert.fail();
  await agent.stop();
  await bed.sql(`update feeds set epoch = gen_random_uuid()`);
  await bed.kill(server, agent.link);
  await agent.start();
  const again = agent.watch(USER);
  await bed.rest();
  assert.deepEqual(again.latest().identities, [before]);
  await bed.reconnect(agent, await bed.startServer('a'));
  await bed.passUntil(() => agent.identities.syncState().lastSyncAt !== undefined, 60);
  await bed.passUntil(() => again.latest().identities[0]?.expiresAt !== before.expiresAt, 10);
});

const removals = [
  {
    name: 'banned',
    outcome: 'banned',
    remove: ({ admin }: FlowServer, path: string) => admin.agent.unary('BanAgent', { id: agentId(path) }),
  },
  {
    name: 'evicted',
    outcome: 'must-attest-again',
    remove: ({ admin }: FlowServer, path: string) => admin.agent.unary('DeleteAgent', { id: agentId(path) }),
  },
] as const;

for (const { name, outcome, remove } of removals) {
  test(`an agent that is ${name} keeps nothing`, async (t) => {
    const { bed, server, agent, kept } = await start(t);
    assert.ok(kept());
    await remove(server, agent.path);
    await bed.pass(6);
    assert.equal((await agent.running.done).kind, outcome);
    assert.equal(kept(), undefined);
  });

  test(`an agent that was ${name} while it was down learns so at the first synchronisation, and ends`, async (t) => {
    const { bed, server, agent, kept } = await start(t);
    await agent.stop();
    await remove(server, agent.path);
    agent.link.cut();
    await agent.start();
    const stream = agent.fetchX509Svid();
    await bed.clock.until(() => stream.responses.length === 1);
    await bed.reconnect(agent, server);
    await bed.passUntil(() => stream.error() !== undefined, 60);
    assert.equal((await agent.running.done).kind, outcome);
    assert.equal(kept(), undefined);
  });
}

test('what was written before a kill serves as well', async (t) => {
  const { agent, bed, asKilled } = await start(t);
  const putBack = asKilled();
  await agent.stop();
  putBack();
  agent.link.cut();
  await agent.start();
  const again = agent.watch(USER);
  await bed.rest();
  assert.deepEqual(again.paths(), ['/web']);
  assert.ok(!agent.log.messages('warn').includes(NOT_USED));
});

test('with svid_cache = "none" nothing is kept, and what was kept is removed', async (t) => {
  const bed = await Testbed.open(t);
  const keepsIn = memoryDirectory(t);
  const server = await bed.startServer('a');
  const agent = await bed.startAgent('agent', { server, keepsIn, config: { svidCache: 'none' } });
  await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [USER] });
  await bed.pass(3);
  await agent.stop();
  assert.deepEqual(readdirSync(keepsIn), []);
});

test('without a directory in memory nothing is kept, and it is said once', async (t) => {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a');
  const agent = await bed.startAgent('agent', { server, keepsIn: '/proc' });
  await bed.pass(3);
  const said = agent.log.lines.filter(({ message }) => message.startsWith('SVIDs are not kept'));
  assert.equal(said.length, 1);
  assert.match(String(said[0]?.fields['why']), /\/proc is not in memory \(tmpfs or ramfs\)/);
});

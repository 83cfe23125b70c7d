import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Testbed } from '../fakes/testbed.ts';
import { Witness } from './witness.ts';

const USER = `unix:uid:${process.getuid?.()}`;
const TTL_SECONDS = 60;

async function start(t: Parameters<typeof Testbed.open>[0], agentTtlSeconds = 3_600) {
  const bed = await Testbed.open(t);
  const ca = { defaultX509SvidTtlSeconds: TTL_SECONDS, agentTtlSeconds };
  const server = await bed.startServer('a', { ca });
  const agent = await bed.startAgent('agent', { server, opensDoor: true });
  await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [USER] });
  const watch = agent.watch(USER);
  await bed.passUntil(() => watch.paths()?.length === 1, 2);
  return { bed, server, agent, watch };
}

test('with its server away an agent serves an SVID until it expires, then nothing, and comes back by itself', async (t) => {
  const { bed, server, agent, watch } = await start(t);
  const stream = agent.fetchX509Svid();
  await bed.clock.until(() => stream.responses.length === 1);
  const told = watch.updates.length;
  const { expiresAt } = watch.latest().identities[0] ?? assert.fail();
  agent.link.cut();
  const lifeLeft = (expiresAt.getTime() - bed.clock.now().getTime()) / 1_000;
  await bed.pass(lifeLeft - 1);
  assert.deepEqual(watch.paths(), ['/web']);
  assert.equal(watch.updates.length, told);
  const late = agent.fetchX509Svid(); // whoever comes now gets it too
  await bed.clock.until(() => late.responses.length === 1);
  assert.deepEqual(late.responses, stream.responses);

  await bed.pass(1);
  assert.deepEqual(watch.paths(), []);
  await bed.clock.until(() => stream.error() !== undefined);
  assert.equal(stream.error()?.message, 'no identity issued');
  const waiting = agent.fetchX509Svid();
  await bed.pass(100);
  assert.equal(waiting.responses.length, 0);

  await bed.reconnect(agent, server);
  await bed.passUntil(() => watch.paths()?.length === 1, 60);
  await bed.clock.until(() => waiting.responses.length === 1);
  await bed.passUntil(() => agent.identities.syncState().lastSyncError === undefined, 60);
  assert.equal(agent.link.isOpen, true);
});

test('a server that comes back before an SVID has expired leaves no gap', async (t) => {
  const { bed, server, agent, watch } = await start(t, 240);
  const witness = new Witness(bed, watch);
  for (let times = 0; times < 3; times++) {
    agent.link.cut();
    await bed.pass(24);
    await bed.reconnect(agent, server);
    await bed.pass(30);
  }
  assert.ok((witness.renewals[0]?.length ?? 0) >= 3);
  assert.equal(agent.identities.syncState().lastSyncError, undefined);
});

test("the agent's own SVID outlives an absence that ends in time, and not one that does not", async (t) => {
  const { bed, server, agent, watch } = await start(t, 120);
  agent.link.cut();
  await bed.pass(100);
  await bed.reconnect(agent, server);
  await bed.passUntil(() => agent.log.messages('info').includes('agent SVID renewed'), 19);
  await bed.passUntil(() => watch.paths()?.length === 1, 60);

  agent.link.cut();
  const ended = agent.running.done;
  await bed.pass(190);
  const outcome = await ended;
  assert.equal(outcome.kind, 'svid-expired');
  assert.ok(agent.log.messages('error').includes('agent is shutting down'));
});

test('a server without its database issues nothing and says so, and what is served stays', async (t) => {
  const { bed, server, agent, watch } = await start(t);
  server.database.cut();
  await bed.pass(4);
  assert.deepEqual(watch.paths(), ['/web']);
  await bed.pass(40);
  const failures = agent.log.lines.filter(({ message }) => message === 'failed to get SVIDs');
  assert.match(String(failures[0]?.fields['error']), /the database does not answer/);
  assert.deepEqual(watch.paths(), ['/web']);
  server.database.restore();
  await bed.createEntry(server, { path: '/new', parent: agent.path, selectors: [USER] });
  await bed.passUntil(() => watch.paths()?.length === 2, 60);
  assert.equal(agent.identities.syncState().lastSyncError, undefined);
});

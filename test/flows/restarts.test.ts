import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Testbed } from '../fakes/testbed.ts';
import { verify } from './witness.ts';

const WORKLOAD = 'unix:uid:7';

async function start(t: Parameters<typeof Testbed.open>[0]) {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a');
  const agent = await bed.startAgent('agent', { server });
  await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [WORKLOAD] });
  const watch = agent.watch(WORKLOAD);
  await bed.passUntil(() => watch.paths()?.length === 1, 2);
  return { bed, server, agent, watch };
}

test('a server that was killed goes on with its authority, its entries and its agents', async (t) => {
  const { bed, server, agent, watch } = await start(t);
  const rootBefore = watch.latest().bundle.x509Authorities;
  const svidBefore = watch.latest().identities;
  await bed.createEntry(server, { path: '/last', parent: agent.path, selectors: [WORKLOAD] });
  await bed.kill(server, agent.link);
  await bed.pass(10);

  const again = await bed.startServer('a');
  const resumed = again.log.lines.find(({ message }) => message === 'authority resumed');
  assert.equal(resumed?.fields['status'], 'ACTIVE');
  await bed.reconnect(agent, again);
  await bed.passUntil(() => watch.paths()?.length === 2, 60);
  assert.deepEqual(watch.latest().bundle.x509Authorities, rootBefore);
  for (const identity of svidBefore) verify(identity, watch.latest().bundle, bed.clock.now());
  for (const identity of watch.latest().identities)
    verify(identity, { ...watch.latest().bundle, x509Authorities: rootBefore }, bed.clock.now());
  const { count } = await again.admin.agent.unary('CountAgents', {});
  assert.equal(count, 1);
  assert.deepEqual(again.log.messages('error'), []);
});

test('an agent that is started again needs no token, and gives its workloads their SVIDs', async (t) => {
  const { bed, server, agent } = await start(t);
  for (let times = 0; times < 3; times++) {
    await agent.stop();
    await bed.pass(20);
    await agent.start();
    const watch = agent.watch(WORKLOAD);
    await bed.passUntil(() => watch.paths()?.length === 1, 2);
  }
  const attested = agent.log
    .messages('info')
    .filter((message) => message === 'Node attestation was successful');
  assert.equal(attested.length, 1);
  assert.equal((await server.admin.agent.unary('CountAgents', {})).count, 1);
  assert.deepEqual([...agent.log.messages('error'), ...server.log.messages('error')], []);
});

test('an agent that is started while its server is away begins with what it has kept, and waits', async (t) => {
  const { bed, server, agent } = await start(t);
  await agent.stop();
  agent.link.cut();
  await agent.start();
  assert.throws(() => agent.watch(WORKLOAD), /not synchronised with its server yet/);
  await bed.pass(30);
  await bed.reconnect(agent, server);
  await bed.passUntil(() => agent.identities.syncState().lastSyncAt !== undefined, 60);
  const watch = agent.watch(WORKLOAD);
  await bed.passUntil(() => watch.paths()?.length === 1, 2);
});

test('when every connection to Postgres breaks nothing that was acknowledged is lost', async (t) => {
  const { bed, server, agent, watch } = await start(t);
  const breakAll = (): Promise<unknown> =>
    bed.sql(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
  const create = (path: string): Promise<string> =>
    bed.createEntry(server, { path, parent: agent.path, selectors: [WORKLOAD] });
  await breakAll();
  await create('/after');
  const together = ['/during-1', '/during-2', '/during-3', '/during-4'];
  const creating = together.map(create);
  const outcomes = await Promise.allSettled([...creating, breakAll()]);
  const acknowledged = together.filter((_, at) => outcomes[at]?.status === 'fulfilled');
  for (const path of together) if (!acknowledged.includes(path)) await create(path).catch(assertExists);
  await bed.passUntil(() => watch.paths()?.length === 6, 3);
  assert.deepEqual(watch.paths(), ['/after', ...together, '/web']);
  assert.equal((await server.admin.health.unary('Check', {})).status, 'SERVING');
  assert.deepEqual(agent.log.messages('error'), []);
});

/** What broke after the commit was done all the same. */
const assertExists = (error: unknown): void => assert.match(String(error), /similar entry already exists/);

test('a server, its agent and the database go down together and come back', async (t) => {
  const { bed, server, agent } = await start(t);
  await bed.kill(server, agent.link);
  await agent.stop();
  bed.clock.jump(new Date(bed.clock.now().getTime() + 20 * 60_000)); // the agent's SVID lives an hour
  const again = await bed.startServer('a');
  agent.link.pointTo(again);
  await agent.start();
  const watch = agent.watch(WORKLOAD);
  await bed.passUntil(() => watch.paths()?.length === 1, 10);
  verify(watch.latest().identities[0] ?? assert.fail(), watch.latest().bundle, bed.clock.now());
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { idOf, Testbed } from '../fakes/testbed.ts';
import { Witness } from './witness.ts';

const CHECK_MS = 5_000; // how often the agent looks what is due
const BACKDATED_MS = 10_000;

test('a new SVID comes at half of the life of the old one, give or take a tenth, and the old one never lapses', async (t) => {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a', { ca: { defaultX509SvidTtlSeconds: 120 } });
  const agent = await bed.startAgent('agent', { server });
  await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: ['unix:uid:7'] });
  const watch = agent.watch('unix:uid:7');
  await bed.passUntil(() => watch.paths()?.length === 1, 2);

  const witness = new Witness(bed, watch);
  await bed.pass(300);
  const [renewals = []] = witness.renewals;
  assert.ok(renewals.length >= 5, `${renewals.length} SVIDs`);
  assert.ok(witness.looks > 1_000, `${witness.looks} looks`);
  const lifeMs = 120_000 + BACKDATED_MS;
  for (const [before, after] of renewals.slice(1).map((renewal, at) => [renewals[at], renewal] as const)) {
    const leftMs = (before?.identity.expiresAt.getTime() ?? 0) - after.at.getTime();
    assert.ok(leftMs <= 0.55 * lifeMs && leftMs >= 0.45 * lifeMs - CHECK_MS, `${leftMs} ms were left`);
    assert.notDeepEqual(before?.identity.privateKey, after.identity.privateKey);
  }
  assert.equal(
    new Set(renewals.map(({ identity }) => Buffer.from(identity.privateKey).toString('hex'))).size,
    renewals.length,
  );
  assert.deepEqual([...agent.log.messages('error'), ...server.log.messages('error')], []);
});

test("the agent's own SVID rotates, and the server takes the new one for it at its first use", async (t) => {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a', { ca: { agentTtlSeconds: 80 } });
  const agent = await bed.startAgent('agent', { server });
  const node = () => server.database.datastore.nodes.find(SpiffeId.parse(idOf(agent.path)));
  const first = (await node())?.current?.serialNumber;

  // The renewed SVID gets no further than the agent: the connection that is open stays, no other one comes about.
  agent.link.refuseNew();
  await bed.passUntil(() => agent.log.messages('info').includes('agent SVID renewed'), 60);
  const pending = (await node())?.pending?.serialNumber;
  assert.notEqual(pending, undefined);
  assert.notEqual(pending, first);
  assert.equal((await node())?.current?.serialNumber, first);

  const { reached } = agent.link;
  agent.link.pointTo(server);
  await bed.clock.until(() => agent.link.reached > reached);
  await bed.pass(20);
  assert.equal((await node())?.current?.serialNumber, pending);
  assert.equal((await node())?.pending, undefined);

  const renewed = () =>
    agent.log.messages('info').filter((message) => message === 'agent SVID renewed').length;
  await bed.pass(140);
  assert.ok(renewed() >= 4, `${renewed()} renewals`);
  assert.equal(agent.identities.syncState().lastSyncError, undefined);
  assert.deepEqual(server.log.messages('error'), []);
});

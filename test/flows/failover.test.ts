import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowAgent, Watch } from '../fakes/flow-agent.ts';
import { type FlowServer, type ServerChanges, Testbed } from '../fakes/testbed.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { verify } from './witness.ts';

const WORKLOAD = 'unix:uid:7';

interface House {
  readonly server: FlowServer;
  readonly agent: FlowAgent;
  readonly watch: Watch;
}

async function startHouse(bed: Testbed, name: string, changes: ServerChanges = {}): Promise<House> {
  const server = await bed.startServer(name, changes);
  const agent = await bed.startAgent(`agent of ${name}`, { server });
  await bed.createEntry(server, { id: name, path: `/${name}`, parent: agent.path, selectors: [WORKLOAD] });
  const watch = agent.watch(WORKLOAD);
  await bed.passUntil(() => watch.paths()?.length === 1, 2);
  return { server, agent, watch };
}

const epochOf = async (bed: Testbed): Promise<string | undefined> =>
  (await bed.sql<{ epoch: string }>(`select epoch from feeds where name = 'entries'`))[0]?.epoch;

const reloads = ({ server }: House): number =>
  server.log.messages('warn').filter((message) => message === 'position left the history, reloading').length;

test('after a failover that lost ten changes both servers begin a new epoch and their agents hold what the database holds', async (t) => {
  const bed = await Testbed.open(t);
  const houses = [await startHouse(bed, 'a'), await startHouse(bed, 'b')] as const;
  const [{ agent, server }, other] = houses;
  const epoch = await epochOf(bed);
  const restore = await bed.backUp();
  const entry = { parent: agent.path, selectors: [WORKLOAD] };
  for (let lost = 1; lost <= 9; lost++) await bed.createEntry(server, { ...entry, path: `/lost-${lost}` });
  await bed.updateEntry(server, { id: 'a', hint: 'lost', dns_names: ['lost.test'] });
  await bed.passUntil(() => houses[0].watch.paths()?.length === 10, 2);

  await restore();
  // The same revision of the same entry, and not what it was when it was lost.
  await bed.updateEntry(server, { id: 'a', hint: 'kept', dns_names: ['kept.test'] });
  await bed.createEntry(server, { ...entry, path: '/kept' }); // not enough to reach the number that was lost
  await bed.passUntil(() => houses[0].watch.paths()?.join() === '/a,/kept', 3);
  const [identity] = houses[0].watch.latest().identities;
  assert.equal(identity?.hint, 'kept');
  assert.deepEqual(parseCertificate(identity?.chain[0] ?? assert.fail()).dnsSans, ['kept.test']);
  await bed.pass(2);
  assert.notEqual(await epochOf(bed), epoch);
  assert.deepEqual(houses.map(reloads), [1, 1]);

  // Nobody waits for a position that will never come: not where the agent was, and not where it goes.
  await bed.reconnect(agent, other.server);
  await bed.createEntry(other.server, { ...entry, path: '/later' });
  await bed.passUntil(() => houses[0].watch.paths()?.join() === '/a,/kept,/later', 5);
  for (const { agent: each, watch } of houses) {
    assert.equal(each.identities.syncState().lastSyncError, undefined);
    for (const identity of watch.latest().identities)
      verify(identity, watch.latest().bundle, bed.clock.now());
    assert.deepEqual(each.log.messages('error'), []);
  }
});

test('a failover while servers and agents are away is noticed by the servers that come back to it', async (t) => {
  const bed = await Testbed.open(t);
  const { server, agent, watch } = await startHouse(bed, 'a');
  const restore = await bed.backUp();
  const entry = { parent: agent.path, selectors: [WORKLOAD] };
  for (let lost = 1; lost <= 10; lost++) await bed.createEntry(server, { ...entry, path: `/lost-${lost}` });
  await bed.passUntil(() => watch.paths()?.length === 11, 2);
  await bed.kill(server, agent.link);
  await restore();
  const again = await bed.startServer('a'); // it never saw what was lost, the agent did
  for (let n = 1; n <= 12; n++) await bed.createEntry(again, { ...entry, path: `/new-${n}` });
  await bed.reconnect(agent, again);
  await bed.passUntil(() => watch.paths()?.length === 13, 60);
  assert.ok(watch.paths()?.every((path) => !path.startsWith('/lost')));
  assert.equal(agent.identities.syncState().lastSyncError, undefined);
});

test('an authority whose publication was lost is published again, and what it signed is trusted again', async (t) => {
  const bed = await Testbed.open(t);
  const ca = { ttlSeconds: 240, defaultX509SvidTtlSeconds: 30 };
  const house = await startHouse(bed, 'a', { ca });
  const { server, watch } = house;
  await bed.pass(100);
  const restore = await bed.backUp('nodes'); // an agent whose renewal was lost would have to attest again
  await bed.pass(115); // prepared at 120 s, active from 200 s
  await restore();
  await bed.pass(15);
  assert.ok(server.log.messages('warn').includes('authority was lost from the bundle: it is appended again'));
  for (const identity of watch.latest().identities) verify(identity, watch.latest().bundle, bed.clock.now());
});

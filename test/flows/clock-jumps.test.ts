/** Clocks that are set while all runs, the server's, the agent's or both: timers go on as they were. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { Testbed } from '../fakes/testbed.ts';

const SELECTOR = 'unix:uid:1000';
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const TTL_SECONDS = 120;

/** Server and agent on a machine each; the agent's SVID is half an hour old, and lives for two. */
async function start(t: Parameters<typeof Testbed.open>[0]) {
  const bed = await Testbed.open(t);
  const [serverClock, agentClock] = [bed.clock.onAnotherMachine(), bed.clock.onAnotherMachine()];
  const ca = { defaultX509SvidTtlSeconds: TTL_SECONDS, agentTtlSeconds: 7_200 };
  const server = await bed.startServer('a', { ca, clock: serverClock });
  const agent = await bed.startAgent('agent', { server, clock: agentClock });
  bed.clock.stall(30 * MINUTE_MS); // cheaper than living through it
  await bed.pass(2);
  const add = (path: string): Promise<string> =>
    bed.createEntry(server, { path, parent: agent.path, selectors: [SELECTOR] });
  await add('/web');
  const watch = agent.watch(SELECTOR);
  await bed.passUntil(() => watch.paths()?.length === 1, 3);
  const leaf = (): X509Certificate =>
    new X509Certificate(watch.latest().identities[0]?.chain[0] ?? assert.fail('no SVID'));
  return { bed, serverClock, agentClock, server, agent, watch, add, leaf };
}

for (const [name, aheadMs] of [
  ['an hour ahead', HOUR_MS],
  ['three hours ahead, by which it takes the agent for expired', 3 * HOUR_MS],
  ['an hour behind', -HOUR_MS],
] as const)
  test(`a server whose clock is ${name} for a while costs no workload its identity`, async (t) => {
    const { bed, serverClock, agent, watch, add, leaf } = await start(t);
    const { serialNumber } = leaf();
    serverClock.setAhead(aheadMs);
    await bed.pass(TTL_SECONDS / 2);
    assert.deepEqual(watch.paths(), ['/web']);
    assert.equal(leaf().serialNumber, serialNumber, 'none that our clock does not believe');
    serverClock.setAhead(0);
    await bed.passUntil(() => leaf().serialNumber !== serialNumber, TTL_SECONDS / 2);
    await add('/later');
    await bed.passUntil(() => watch.paths()?.length === 2, 30);
    assert.ok(leaf().validFromDate <= bed.clock.now());
    assert.notEqual(agent.running.identities, undefined);
  });

test('an agent whose clock is an hour behind for a while keeps what it has, and hears of changes as soon as ever', async (t) => {
  const { bed, agentClock, watch, add, leaf } = await start(t);
  agentClock.setAhead(-HOUR_MS);
  await bed.pass(10);
  assert.deepEqual(watch.paths(), ['/web']);
  const { serialNumber } = leaf();
  agentClock.setAhead(0);
  await add('/later');
  await bed.passUntil(() => watch.paths()?.length === 2, 15);
  await bed.passUntil(() => leaf().serialNumber !== serialNumber, TTL_SECONDS);
});

test('an agent whose clock runs ahead for a while gives its SVIDs again, although no server is there', async (t) => {
  const { bed, agentClock, agent, watch, leaf } = await start(t);
  const { serialNumber } = leaf();
  agent.link.cut();
  agentClock.setAhead(HOUR_MS);
  await bed.pass(5);
  assert.deepEqual(watch.paths(), [], 'by this clock it is over');
  agentClock.setAhead(0);
  await bed.pass(5);
  assert.deepEqual(watch.paths(), ['/web']);
  assert.equal(leaf().serialNumber, serialNumber);
  assert.ok(agent.log.messages('info').includes('SVIDs are valid again by a clock that was set back'));
});

test('an agent that ends since its SVID has expired by its clock serves again once the clock is right', async (t) => {
  const { bed, agentClock, server, agent, watch } = await start(t);
  agentClock.setAhead(3 * HOUR_MS);
  agent.link.cut();
  const ended = agent.running.done;
  await bed.pass(60);
  assert.equal((await ended).kind, 'svid-expired');
  watch.close();
  agentClock.setAhead(0);
  agent.link.pointTo(server);
  await agent.start();
  const again = agent.watch(SELECTOR);
  await bed.passUntil(() => again.paths()?.length === 1, 30);
});

for (const minutes of [10, 60])
  test(`when all clocks are set back by ${minutes} minutes every SVID is replaced by one that is valid now`, async (t) => {
    const { bed, watch, leaf, add } = await start(t);
    bed.clock.jump(new Date(bed.clock.now().getTime() - minutes * MINUTE_MS));
    assert.ok(leaf().validFromDate > bed.clock.now());
    await bed.passUntil(() => leaf().validFromDate <= bed.clock.now(), 30);
    assert.ok(leaf().validToDate > bed.clock.now());
    const authorities = watch
      .latest()
      .bundle.x509Authorities.map(({ certificate }) => new X509Certificate(certificate));
    const signer =
      authorities.find(({ publicKey }) => leaf().verify(publicKey)) ?? assert.fail('unknown signer');
    assert.ok(signer.validFromDate <= bed.clock.now());
    await add('/later');
    await bed.passUntil(() => watch.paths()?.length === 2, 30);
  });

test('a machine that slept for an hour, server and agent alike, has new SVIDs within seconds', async (t) => {
  const { bed, watch, leaf } = await start(t);
  const { serialNumber } = leaf();
  bed.clock.jump(new Date(bed.clock.now().getTime() + HOUR_MS));
  await bed.passUntil(() => watch.paths()?.length === 1 && leaf().serialNumber !== serialNumber, 15);
  assert.ok(leaf().validToDate > bed.clock.now());
});

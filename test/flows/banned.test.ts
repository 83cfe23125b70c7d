import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlowServer, DOMAIN, Testbed } from '../fakes/testbed.ts';

const USER = `unix:uid:${process.getuid?.()}`;

type Remove = (server: FlowServer, path: string) => Promise<unknown>;
const wireId = (path: string) => ({ trust_domain: DOMAIN, path });
const ban: Remove = ({ admin }, path) => admin.agent.unary('BanAgent', { id: wireId(path) });
const evict: Remove = ({ admin }, path) => admin.agent.unary('DeleteAgent', { id: wireId(path) });

const stories = [
  { name: 'banned', remove: ban, outcome: 'banned', says: /is banned/, again: /banned|join token/ },
  {
    name: 'evicted',
    remove: evict,
    outcome: 'must-attest-again',
    says: /is not attested/,
    again: /join token does not exist or has already been used/,
  },
] as const;

for (const { name, remove, outcome, says, again } of stories) {
  test(`an agent that is ${name} is refused, ends with its workloads' streams, and does not get in again`, async (t) => {
    const bed = await Testbed.open(t);
    const server = await bed.startServer('a');
    const agent = await bed.startAgent('agent', { server, opensDoor: true });
    const other = await bed.startAgent('other', { server });
    await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [USER] });
    await bed.pass(1);
    const stream = agent.fetchX509Svid();
    await bed.clock.until(() => stream.responses.length === 1);

    const ended = agent.running.done;
    await remove(server, agent.path);
    await bed.pass(6); // streams of hints are looked at every five seconds
    const end = await ended;
    assert.equal(end.kind, outcome);
    assert.match('message' in end ? end.message : '', says);
    await bed.clock.until(() => stream.error() !== undefined);

    await assert.rejects(agent.start(), again);
    assert.equal((await agent.running.done).kind, 'start-failed');
    await bed.pass(10);
    assert.equal(other.identities.syncState().lastSyncError, undefined);
  });

  test(`an agent that was ${name} at one server is refused by another one within seconds`, async (t) => {
    const bed = await Testbed.open(t);
    const [a, b] = [await bed.startServer('a'), await bed.startServer('b')];
    const agent = await bed.startAgent('agent', { server: a });
    const ended = agent.running.done;
    await remove(b, agent.path);
    await bed.pass(7);
    assert.equal((await ended).kind, outcome);
  });
}

test('a server that lost its database honours nobody for longer than five seconds', async (t) => {
  const bed = await Testbed.open(t);
  const [a, b] = [await bed.startServer('a'), await bed.startServer('b')];
  const agent = await bed.startAgent('agent', { server: a });
  await bed.createEntry(b, { path: '/web', parent: agent.path, selectors: [USER] });
  await bed.pass(1);
  a.database.cut();
  await ban(b, agent.path);
  await bed.pass(6);
  await bed.createEntry(b, { path: '/late', parent: agent.path, selectors: [USER] });
  await bed.pass(120); // SVIDs come up for renewal
  const signed = a.log.lines.filter(
    ({ message, fields }) => message === 'call answered' && /BatchNewX509SVID/.test(String(fields['method'])),
  );
  assert.equal(signed.length, 1);
  a.database.restore();
  await bed.pass(40);
  assert.equal((await agent.running.done).kind, 'banned');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, CodedError } from '../../shared/errors.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { type Clients, joinAgent, startServer } from '../fakes/server-under-test.ts';

const MODEST = 20;
const BATCH = 500;

test('one agent that asks for thousands is told to come again; twenty that ask for one are served meanwhile', async (t) => {
  const clock = new FakeClock();
  const rateLimit = { attestation: false, signing: false }; // they share an address here
  const server = await startServer(t, { datastore: new FakeDatastore(clock), clock, config: { rateLimit } });
  const agents = await Promise.all(Array.from({ length: MODEST + 1 }, () => joinAgent(server)));
  await server.admin.entry.unary('BatchCreateEntry', {
    entries: agents.map(({ path }, at) => ({
      id: `entry-${at}`,
      spiffe_id: { trust_domain: 'example.org', path: `/workload-${at}` },
      parent_id: { trust_domain: 'example.org', path },
      selectors: [{ type: 'a', value: 'b' }],
    })),
  });
  const clients: readonly Clients[] = agents.map(({ identity }) => server.connect(identity));
  const order: string[] = [];
  const ask = async (at: number, count: number) => {
    const csr = await (agents[at] ?? assert.fail()).key.csr();
    const params = Array.from({ length: count }, () => ({ entry_id: `entry-${at}`, csr }));
    const answer = await (clients[at] ?? assert.fail()).svid.unary('BatchNewX509SVID', { params });
    order.push(at === 0 ? 'greedy' : 'modest');
    return answer.results.every(({ status }) => status?.code === 0);
  };
  await Promise.all(clients.map((_, at) => ask(at, 1))); // connections are there
  order.length = 0;

  const greedy = Array.from({ length: 8 }, () => ask(0, BATCH));
  const settled = Promise.allSettled(greedy);
  await clock.until(() => server.log.messages('warn').includes('call failed'));
  const modest = await Promise.all(Array.from({ length: MODEST }, (_, i) => ask(i + 1, 1)));
  assert.ok(modest.every(Boolean));
  assert.deepEqual(new Set(order), new Set(['modest']), 'before any of the batches');

  const outcomes = await settled;
  const refusals = outcomes.flatMap((outcome): unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  assert.equal(refusals.length, 4);
  for (const refusal of refusals) {
    assert.ok(refusal instanceof CodedError && refusal.code === Code.unavailable, String(refusal));
    assert.match(refusal.message, /too many signatures are asked for at once/);
    assert.ok((refusal.retryAfterMs ?? 0) >= 1_000);
  }
  assert.ok(
    outcomes.every((outcome) => outcome.status === 'rejected' || outcome.value),
    'what was taken on is done',
  );
  assert.ok(await ask(0, 1), 'and then it is served again');
});

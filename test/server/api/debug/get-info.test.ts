import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../../../../shared/errors.ts';
import { TrustDomain } from '../../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { joinAgent, startServer } from '../../../fakes/server-under-test.ts';

test('tells how long the server runs, what it holds, and the chain of its own SVID', async (t) => {
  const clock = new FakeClock();
  const datastore = new FakeDatastore(clock);
  const server = await startServer(t, { datastore, clock });
  const ask = () => server.admin.debug.unary('GetInfo', {});
  const first = await ask();
  assert.deepEqual(
    [first.uptime, first.agents_count, first.entries_count, first.federated_bundles_count],
    [0, 0, 0, 0],
  );
  const [leaf, authority, ...more] = first.svid_chain;
  assert.deepEqual(more, []);
  assert.deepEqual(leaf?.id, { trust_domain: 'example.org', path: '/spire/server' });
  assert.equal(leaf?.subject, 'O=SPIRE,C=US');
  assert.deepEqual(authority?.id, { trust_domain: 'example.org', path: '' });
  assert.match(authority?.subject ?? '', /^SERIALNUMBER=\d+,O=SPIFFE,C=US$/);
  assert.ok(Number(authority?.expires_at) > Number(leaf?.expires_at));

  const { path } = await joinAgent(server);
  await server.admin.entry.unary('BatchCreateEntry', {
    entries: [
      {
        spiffe_id: { trust_domain: 'example.org', path: '/web' },
        parent_id: { trust_domain: 'example.org', path },
        selectors: [{ type: 'a', value: 'b' }],
      },
    ],
  });
  await datastore.bundles.append(TrustDomain.parse('other.org'), { x509: [] });
  assert.deepEqual(await ask(), first, 'kept for five seconds');
  await clock.advance(5_000);
  const second = await ask();
  assert.deepEqual(
    [second.uptime, second.agents_count, second.entries_count, second.federated_bundles_count],
    [5, 1, 1, 1],
  );
  await assert.rejects(server.connect().debug.unary('GetInfo', {}), { code: Code.unimplemented });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SyncAuthorizedEntriesResponseOutput } from '../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesResponse.ts';
import { testDatabase } from '../fakes/database.ts';
import { joinAgent, startServer, testKey } from '../fakes/server-under-test.ts';

const ID = { trust_domain: 'example.org', path: '/web' };

test('an agent joins, gets its entries and SVIDs for them, and hears of what changes', async (t) => {
  const datastore = await (await testDatabase(t)).open();
  const server = await startServer(t, { datastore });

  const { identity, path } = await joinAgent(server);
  const agent = server.connect(identity);
  const watch = agent.sync.serverStream('Watch', {});
  const first = (await watch.next()).value;

  const parent_id = { trust_domain: 'example.org', path };
  const created = await server.admin.entry.unary('BatchCreateEntry', {
    entries: [{ spiffe_id: ID, parent_id, selectors: [{ type: 'unix', value: 'uid:1' }] }],
  });
  assert.equal(created.results[0]?.status?.code, 0);
  const changed = (await watch.next()).value;
  assert.ok(Number(changed?.entries_changed_at) > Number(first?.entries_changed_at));

  const sync = agent.entry.bidi('SyncAuthorizedEntries', {
    metadata: { 'writ-position': `${changed?.epoch}/${changed?.entries_changed_at}` },
  });
  sync.send({});
  const answer: SyncAuthorizedEntriesResponseOutput | undefined = (await sync.responses.next()).value;
  const entries = answer?.entries ?? [];
  sync.end();
  assert.deepEqual(
    entries.map(({ spiffe_id }) => spiffe_id),
    [ID],
  );

  const csr = await (await testKey()).csr();
  const issued = await agent.svid.unary('BatchNewX509SVID', {
    params: [{ entry_id: entries[0]?.id ?? '', csr }],
  });
  assert.equal(issued.results[0]?.status?.code, 0);
  assert.deepEqual(issued.results[0]?.svid?.id, ID);
  assert.equal(issued.results[0]?.svid?.cert_chain.length, 1);
  const bundle = await server.connect().bundle.unary('GetBundle', {});
  assert.equal(bundle.x509_authorities.length, 1);
  assert.equal((await server.admin.health.unary('Check', {})).status, 'SERVING');
  assert.deepEqual(server.log.messages('error'), []);
});

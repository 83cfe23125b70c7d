import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SyncAuthorizedEntriesResponseOutput } from '../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesResponse.ts';
import type { ServerConfig } from '../../server/config.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';
import { FakeClock } from '../fakes/clock.ts';
import { type Ending, testDatabase } from '../fakes/database.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { FakeAuthority } from '../fakes/server-authority.ts';
import { identityOf, joinAgent, startServer, testKey } from '../fakes/server-under-test.ts';

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

const clockWorld = async (t: Ending, config: Partial<ServerConfig> = {}) => {
  const clock = new FakeClock();
  const datastore = new FakeDatastore(clock);
  return { clock, datastore, server: await startServer(t, { datastore, clock, config }) };
};

test('a certificate of somebody else’s authority is refused by every RPC, those for everybody too', async (t) => {
  const { clock, server } = await clockWorld(t);
  const { path } = await joinAgent(server, 'victim');
  const until = new Date(clock.now().getTime() + 3_600_000);
  const forged = await (await FakeAuthority.make('example.org', clock.now(), until)).serve({
    spiffeId: `spiffe://example.org${path}`,
    notBefore: clock.now(),
    notAfter: until,
  });
  const clients = server.connect(forged);
  await assert.rejects(clients.entry.unary('GetAuthorizedEntries', {}), { code: Code.unauthenticated });
  await assert.rejects(clients.bundle.unary('GetBundle', {}), { code: Code.unauthenticated });
  await assert.rejects(clients.entry.unary('ListEntries', {}), { code: Code.unauthenticated });
});

test('an agent whose certificate has expired is told so on the connection that it has', async (t) => {
  const { clock, server } = await clockWorld(t);
  const agent = server.connect((await joinAgent(server)).identity);
  await agent.entry.unary('GetAuthorizedEntries', {});
  await clock.advance(3_600_000);
  await assert.rejects(agent.entry.unary('GetAuthorizedEntries', {}), {
    code: Code.permissionDenied,
    reason: 'AGENT_EXPIRED',
  });
});

test('the SVID of a workload opens nothing that is for agents or administrators', async (t) => {
  const { server } = await clockWorld(t);
  const { identity, path } = await joinAgent(server);
  const parent_id = { trust_domain: 'example.org', path };
  const selectors = [{ type: 'unix', value: 'uid:1' }];
  const make = async (name: string, admin: boolean): Promise<TlsIdentity> => {
    const spiffe_id = { trust_domain: 'example.org', path: `/${name}` };
    const { results } = await server.admin.entry.unary('BatchCreateEntry', {
      entries: [{ id: name, spiffe_id, parent_id, selectors, admin }],
    });
    assert.equal(results[0]?.status?.code, 0);
    const key = await testKey();
    const params = [{ entry_id: name, csr: await key.csr() }];
    const signed = await server.connect(identity).svid.unary('BatchNewX509SVID', { params });
    return identityOf(key, signed.results[0]?.svid?.cert_chain ?? []);
  };
  const workload = server.connect(await make('workload', false));
  await workload.bundle.unary('GetBundle', {});
  await assert.rejects(workload.entry.unary('GetAuthorizedEntries', {}), { reason: 'AGENT_NOT_ATTESTED' });
  await assert.rejects(workload.entry.unary('ListEntries', {}), { code: Code.permissionDenied });
  const administrator = server.connect(await make('administrator', true));
  assert.equal((await administrator.entry.unary('ListEntries', {})).entries.length, 2);
  await server.admin.entry.unary('BatchDeleteEntry', { ids: ['administrator'] });
  await assert.rejects(administrator.entry.unary('ListEntries', {}), { code: Code.permissionDenied });
});

test('a banned agent’s open stream ends with the reason', async (t) => {
  const { clock, server } = await clockWorld(t);
  const { identity, path } = await joinAgent(server);
  const watch = server.connect(identity).sync.serverStream('Watch', {});
  await watch.next();
  await server.admin.agent.unary('BanAgent', { id: { trust_domain: 'example.org', path } });
  const ended = assert.rejects(watch.next(), { reason: 'AGENT_BANNED' });
  await clock.advance(5_000);
  await ended;
});

test('health follows the database', async (t) => {
  const { clock, datastore, server } = await clockWorld(t);
  const watch = server.admin.health.serverStream('Watch', {});
  assert.equal((await watch.next()).value?.status, 'SERVING');
  datastore.fail(new CodedError(Code.unavailable, 'away'));
  assert.equal((await server.admin.health.unary('Check', {})).status, 'NOT_SERVING');
  assert.deepEqual(await server.admin.health.unary('List', {}), {
    statuses: { '': { status: 'NOT_SERVING' } },
  });
  await clock.advance(5_000);
  assert.equal((await watch.next()).value?.status, 'NOT_SERVING');
  await assert.rejects(server.admin.health.unary('Check', { service: 'other' }), {
    code: Code.invalidArgument,
    message: 'per-service health is not supported',
  });
  await assert.rejects(server.connect().health.unary('Check', {}), { code: Code.unimplemented });
});

test('attestations from one address come one a second', async (t) => {
  const { clock, server } = await clockWorld(t, { rateLimit: { attestation: true, signing: true } });
  await joinAgent(server);
  let isDone = false;
  const second = joinAgent(server).then(() => {
    isDone = true;
  });
  await clock.until(() => clock.sleeping > 0 && server.log.lines.length > 0);
  assert.equal(isDone, false);
  for (let i = 0; i < 20 && !isDone; i++) await clock.advance(100);
  await clock.until(() => isDone);
  await second;
});

test('the audit log names who did what, when it is asked for', async (t) => {
  const { server } = await clockWorld(t, { auditLogEnabled: true });
  const { identity, id } = await joinAgent(server);
  await assert.rejects(server.connect(identity).entry.unary('ListEntries', {}));
  const audited = server.log.lines
    .filter(({ fields }) => fields['type'] === 'audit')
    .map(({ fields }) => fields);
  const [token, attested, denied] = audited;
  assert.equal(token?.['caller_uid'], process.geteuid?.());
  assert.equal(token?.['ttl'], 60);
  assert.equal(attested?.['agent_id'], id);
  assert.equal(attested?.['caller_addr'], '127.0.0.1');
  assert.deepEqual(
    [denied?.['caller_id'], denied?.['status_code'], denied?.['method']],
    [id, 'PermissionDenied', 'ListEntries'],
  );
});

test('a server whose port is taken says so, and leaves nothing running', async (t) => {
  const { server } = await clockWorld(t);
  const clock = new FakeClock();
  const second = startServer(t, {
    datastore: new FakeDatastore(clock),
    clock,
    config: { bindPort: server.port },
  });
  await assert.rejects(second, { code: Code.failedPrecondition, message: /another program listens there/ });
  assert.equal(clock.sleeping, 0);
});

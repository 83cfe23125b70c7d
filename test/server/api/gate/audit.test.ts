import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { rules } from '../../../../server/api/gate/rules.ts';
import { buildCsr } from '../../../../shared/crypto/csr.ts';
import type { LogFields } from '../../../../shared/log/logger.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import {
  joinAgent,
  type RunningServer,
  startServer,
  testKey,
  WIT_ENABLED,
} from '../../../fakes/server-under-test.ts';
import { authorityTable } from './audit-rows-authorities.ts';
import { bundleTable } from './audit-rows-bundles.ts';
import { changesTable } from './audit-rows-changes.ts';
import { localTable } from './audit-rows-local.ts';
import { svidTable } from './audit-rows-svid.ts';
import { table as networkTable, type World } from './audit-rows.ts';

const table = {
  ...networkTable,
  ...svidTable,
  ...authorityTable,
  ...bundleTable,
  ...changesTable,
  ...localTable,
};

const [UID, GID] = [process.geteuid?.(), process.getegid?.()];

describe('the audit log', () => {
  const endings = new Endings();
  const clock = new FakeClock();
  let server: RunningServer;
  let world: World;
  before(async () => {
    const config = { auditLogEnabled: true, wit: WIT_ENABLED };
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock, config });
    const joined = await joinAgent(server, 'first');
    const { signer } = await testKey();
    const spiffeId = SpiffeId.parse('spiffe://example.org/minted');
    world = {
      admin: server.admin,
      agent: server.connect(joined.identity),
      nobody: server.connect(),
      joined,
      csr: await (await testKey()).csr(),
      mintCsr: await buildCsr(signer, { spiffeId, dnsNames: ['c.example'] }),
    };
  });
  after(() => endings.end());

  const audited = (): LogFields[] =>
    server.log.lines.filter(({ fields }) => fields['type'] === 'audit').map(({ fields }) => fields);

  const callers: Readonly<Record<'admin' | 'agent' | 'nobody', () => LogFields>> = {
    admin: () => ({ caller_uid: UID, caller_gid: GID, caller_path: realpathSync('/proc/self/exe') }),
    agent: () => ({ caller_addr: '127.0.0.1', caller_id: world.joined.id }),
    nobody: () => ({ caller_addr: '127.0.0.1' }),
  };

  it('has a row here for every RPC', () => {
    const all = Object.entries(rules).flatMap(([service, rpcs]) =>
      Object.keys(rpcs).map((rpc) => `${service.split('.').at(-1)}/${rpc}`),
    );
    assert.deepEqual(Object.keys(table).sort(), [...new Set(all)].sort());
  });

  for (const [name, { deed, lines, by = 'admin' }] of Object.entries(table)) {
    it(`tells of ${name}: who, what of the request, and what became of it`, async () => {
      const seenBefore = audited().length;
      await deed(world).catch(() => {});
      const [, rpc] = name.split('/');
      const ofRpc = (): LogFields[] =>
        audited()
          .slice(seenBefore)
          .filter(({ method }) => method === rpc);
      const expected = lines(world).map((line) => ({
        type: 'audit',
        method: rpc,
        ...callers[by](),
        ...line,
      }));
      await clock.until(() => ofRpc().length >= expected.length);
      assert.deepEqual(
        ofRpc().map((line, at) => plain(line, expected[at] ?? {})),
        expected,
      );
    });
  }

  it('gives all lines of a call one request ID, and each call another', async () => {
    const seenBefore = audited().length;
    await server.admin.entry.unary('BatchDeleteEntry', { ids: ['x', 'y'] });
    await server.admin.entry.unary('BatchDeleteEntry', { ids: ['z'] });
    const ids = audited()
      .slice(seenBefore)
      .map((line) => line['request_id']);
    assert.equal(new Set(ids).size, 2);
    assert.equal(ids[0], ids[1]);
  });

  it('says nothing of the request of a caller who had no right to call', async () => {
    const seenBefore = audited().length;
    await assert.rejects(world.agent.entry.unary('GetEntry', { id: 'wanted' }));
    const [line] = audited().slice(seenBefore);
    assert.equal(line?.['status_code'], 'PermissionDenied');
    assert.equal(line?.['entry_id'], undefined);
    assert.equal(line?.['caller_id'], world.joined.id);
  });

  it('has no token that is still good, no CSR and no key in it', async () => {
    await server.admin.agent.unary('CreateJoinToken', { ttl: 60, token: 'unused-secret' });
    await assert.rejects(server.admin.agent.unary('CreateJoinToken', { ttl: 60, token: 'unused-secret' }));
    await assert.rejects(
      server.admin.agent.unary('CreateJoinToken', { ttl: 60, token: 'bad/unused-secret' }),
    );
    const text = JSON.stringify(server.log.lines);
    assert.doesNotMatch(text, /unused-secret|other-secret/);
    for (const csr of [world.csr, world.mintCsr])
      assert.ok(!text.includes(Buffer.from(csr).toString('base64').slice(0, 40)));
  });
});

/** The line without its request ID and service, patterns of the expected put where they fit. */
function plain({ request_id, service, ...line }: LogFields, expected: LogFields): LogFields {
  assert.match(String(request_id), /^[0-9a-f-]{36}$/);
  assert.doesNotMatch(String(service), /spire\.api/);
  return Object.fromEntries(
    Object.entries(line)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => {
        const wanted = expected[key];
        return [key, wanted instanceof RegExp && wanted.test(String(value)) ? wanted : value];
      }),
  );
}

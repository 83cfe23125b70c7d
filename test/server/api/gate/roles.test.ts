/** Roles through both doors of a whole server: what they can reach, item by item, and what the audit log says. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Entry as WireEntry } from '../../../../proto/gen/spire/api/types/Entry.ts';
import type { Role } from '../../../../server/config/roles-fields.ts';
import { buildCsr } from '../../../../shared/crypto/csr.ts';
import { Code } from '../../../../shared/errors.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import {
  type Clients,
  identityOf,
  type RunningServer,
  startServer,
  testKey,
} from '../../../fakes/server-under-test.ts';

const TD = 'spiffe://example.org';
const parse = (path: string): SpiffeId => SpiffeId.parse(TD + path);
const wireId = (path: string) => ({ trust_domain: 'example.org', path });
const wire = (path: string, fields: WireEntry = {}): WireEntry => ({
  spiffe_id: wireId(path),
  parent_id: wireId('/node'),
  selectors: [{ type: 'unix', value: 'uid:1' }],
  ...fields,
});

const me = process.geteuid?.() ?? 0;
const team: Role = {
  kind: 'registrar',
  name: 'team',
  spiffeIds: [parse('/ci/team')],
  unixUsers: [me],
  scope: {
    ids: [{ root: `${TD}/team`, withRoot: true, withBelow: true }],
    parents: [],
    federatesWith: [],
    dnsNames: [],
  },
};
const others: readonly Role[] = [
  { kind: 'viewer', name: 'looks', spiffeIds: [parse('/audit')], unixUsers: [] },
  { kind: 'operator', name: 'nodes', spiffeIds: [parse('/nodes')], unixUsers: [] },
];

describe('roles', () => {
  const endings = new Endings();
  const clock = new FakeClock();
  const remote = new Map<string, Clients>();
  let server: RunningServer;
  let store: FakeDatastore;
  const as = (path: string): Clients => remote.get(path) ?? assert.fail(path);

  before(async () => {
    store = new FakeDatastore(clock);
    const config = { auditLogEnabled: true, adminIds: [parse('/boss')] };
    server = await startServer(endings, { datastore: store, clock, config });
    for (const path of ['/boss', '/ci/team', '/audit', '/nodes', '/web']) {
      const key = await testKey();
      const csr = await buildCsr(key.signer, { spiffeId: parse(path) });
      const { svid } = await server.admin.svid.unary('MintX509SVID', { csr });
      remote.set(path, server.connect(identityOf(key, svid?.cert_chain ?? [])));
    }
    await server.admin.entry.unary('BatchCreateEntry', {
      entries: [
        wire('/bank', { id: 'bank' }),
        wire('/team/boss', { id: 'boss', admin: true }),
        wire('/team/web', { id: 'web' }),
      ],
    });
    server.takeRoles([team, ...others]);
  });
  after(() => endings.end());

  const statuses = (results: readonly { readonly status: { code: number; message: string } | null }[]) =>
    results.map(({ status }) => [status?.code, status?.message]);
  const refused = (deed: string, why: string) => [
    Code.permissionDenied,
    `failed to ${deed} entry: ${why}, as registrar "team" has it`,
  ];

  for (const [door, client] of [
    ['the admin socket', () => server.admin],
    ['mTLS', () => as('/ci/team')],
  ] as const)
    it(`let a registrar change its entries item by item, through ${door}`, async () => {
      const { entry } = client();
      const made = await entry.unary('BatchCreateEntry', {
        entries: [
          wire('/team/new', { id: 'new' }),
          wire('/bank', { id: 'more' }),
          wire('/team/new2', { admin: true }),
          wire('/team/alias', { parent_id: wireId('/spire/server') }),
          wire('/team/boss', { selectors: [{ type: 'mine', value: '1' }] }),
        ],
      });
      assert.deepEqual(statuses(made.results), [
        [0, 'OK'],
        refused('create', `SPIFFE ID "${TD}/bank" is outside of the scope`),
        refused('create', 'the admin flag is outside of the scope'),
        refused('create', 'a node alias is outside of the scope'),
        [Code.permissionDenied, `failed to create entry: SPIFFE ID "${TD}/team/boss" has rights of its own`],
      ]);
      const changed = await entry.unary('BatchUpdateEntry', {
        entries: [
          { id: 'new', hint: 'h' },
          { id: 'bank', hint: 'h' },
          { id: 'boss', hint: 'h' },
        ],
        input_mask: { hint: true },
      });
      assert.deepEqual(statuses(changed.results), [
        [0, 'OK'],
        refused('update', `SPIFFE ID "${TD}/bank" is outside of the scope`),
        refused('update', 'the admin flag is outside of the scope'),
      ]);
      const moved = await entry.unary('BatchUpdateEntry', {
        entries: [
          { id: 'new', spiffe_id: wireId('/bank') },
          { id: 'bank', spiffe_id: wireId('/team/bank') },
        ],
        input_mask: { spiffe_id: true },
      });
      assert.deepEqual(statuses(moved.results), [
        refused('update', `SPIFFE ID "${TD}/bank" is outside of the scope`),
        refused('update', `SPIFFE ID "${TD}/bank" is outside of the scope`),
      ]);
      const gone = await entry.unary('BatchDeleteEntry', { ids: ['new', 'bank', 'boss', 'nobody'] });
      assert.deepEqual(statuses(gone.results), [
        [0, 'OK'],
        refused('delete', `SPIFFE ID "${TD}/bank" is outside of the scope`),
        refused('delete', 'the admin flag is outside of the scope'),
        [Code.notFound, 'entry not found'],
      ]);
    });

  it('let a registrar read its scope alone', async () => {
    const { entry } = as('/ci/team');
    const { entries } = await entry.unary('ListEntries', {});
    assert.deepEqual(entries.map(({ id }) => id).sort(), ['boss', 'web']);
    assert.equal((await entry.unary('CountEntries', {})).count, 2);
    assert.equal((await entry.unary('GetEntry', { id: 'boss' })).id, 'boss');
    await assert.rejects(entry.unary('GetEntry', { id: 'bank' }), {
      code: Code.notFound,
      message: 'entry not found',
    });
  });

  it('say nothing of an entry that a registrar may not read, where an update does not fit it', async () => {
    await as('/boss').entry.unary('BatchCreateEntry', {
      entries: [wire('/vault', { id: 'stored', store_svid: true })],
    });
    const { results } = await as('/ci/team').entry.unary('BatchUpdateEntry', {
      entries: [{ id: 'stored', selectors: ['a', 'b'].map((type) => ({ type, value: '1' })) }],
      input_mask: { selectors: true },
    });
    assert.deepEqual(statuses(results), [
      refused('update', `SPIFFE ID "${TD}/vault" is outside of the scope`),
    ]);
  });

  it('let a viewer read everything and change nothing', async () => {
    const { entry, agent } = as('/audit');
    assert.ok((await entry.unary('ListEntries', {})).entries.some(({ id }) => id === 'bank'));
    await agent.unary('ListAgents', {});
    await assert.rejects(entry.unary('BatchDeleteEntry', { ids: ['bank'] }), {
      code: Code.permissionDenied,
      message:
        'authorization denied for method /spire.api.server.entry.v1.Entry/BatchDeleteEntry: ' +
        'viewer "looks" does not allow it, registrar or admin does',
    });
  });

  it('let an operator make tokens, but choose neither the token nor a further ID', async () => {
    const { agent } = as('/nodes');
    const { value } = await agent.unary('CreateJoinToken', { ttl: 60 });
    assert.match(value, /^[0-9a-f-]{36}$/);
    await assert.rejects(agent.unary('CreateJoinToken', { ttl: 60, token: 'chosen' }), {
      code: Code.permissionDenied,
      message: 'only an administrator chooses the token: leave it out',
    });
    await assert.rejects(agent.unary('CreateJoinToken', { ttl: 60, agent_id: wireId('/boss') }), {
      code: Code.permissionDenied,
      message: 'only an administrator gives an agent a further ID: leave it out',
    });
    await as('/boss').agent.unary('CreateJoinToken', { ttl: 60, token: 'chosen', agent_id: wireId('/n') });
  });

  it('mint for nobody but administrators', async () => {
    const csr = await buildCsr((await testKey()).signer, { spiffeId: parse('/team/x') });
    for (const path of ['/ci/team', '/audit', '/nodes'])
      await assert.rejects(as(path).svid.unary('MintX509SVID', { csr }), { code: Code.permissionDenied });
    await as('/boss').svid.unary('MintX509SVID', { csr });
  });

  it('are named in the audit log, where there are any', async () => {
    const seenBefore = server.log.lines.length;
    await as('/ci/team').entry.unary('CountEntries', {});
    await server.admin.entry.unary('CountEntries', {});
    await as('/boss').entry.unary('CountEntries', {});
    await assert.rejects(as('/web').entry.unary('CountEntries', {}));
    await as('/web').bundle.unary('GetBundle', {});
    const named = (): unknown[] =>
      server.log.lines
        .slice(seenBefore)
        .filter(({ fields }) => fields['type'] === 'audit')
        .map(({ fields }) => fields['caller_role']);
    await clock.until(() => named().length >= 5);
    assert.deepEqual(named(), ['registrar "team"', 'registrar "team"', 'admin', undefined, undefined]);
  });

  it('count anew from the next call on: a user without one loses the socket, but not what is harmless', async () => {
    const tamed: Role = { kind: 'operator', name: 'tamed', spiffeIds: [], unixUsers: [me] };
    server.takeRoles([tamed]);
    await assert.rejects(server.admin.entry.unary('CountEntries', {}), { code: Code.permissionDenied });
    await assert.rejects(as('/audit').entry.unary('CountEntries', {}), {
      message: 'authorization denied for method /spire.api.server.entry.v1.Entry/CountEntries',
    });
    await server.admin.health.unary('Check', {});
    await server.admin.agent.unary('CountAgents', {});
    server.takeRoles([{ ...tamed, unixUsers: [me + 1] }]);
    await server.admin.entry.unary('CountEntries', {}); // the server's own user, whom no role names
    server.takeRoles([team, ...others]);
  });
});

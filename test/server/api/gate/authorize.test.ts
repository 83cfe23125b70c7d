import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authorizer } from '../../../../server/api/gate/authorize.ts';
import type { Caller } from '../../../../server/api/gate/context.ts';
import { Roles } from '../../../../server/api/gate/roles.ts';
import { rules, type Rule } from '../../../../server/api/gate/rules.ts';
import type { Role } from '../../../../server/config/roles-fields.ts';
import { AuthorizedEntries } from '../../../../server/entries/authorized-entries.ts';
import { IndexRefresher } from '../../../../server/entries/refresh.ts';
import { AgentCheck } from '../../../../server/nodes/check-agent.ts';
import { NodeCache } from '../../../../server/nodes/node-cache.ts';
import { Code, CodedError, type Reason } from '../../../../shared/errors.ts';
import { silentLogger } from '../../../../shared/log/logger.ts';
import type { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import type { X509Svid } from '../../../../shared/svid/x509-svid.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { FakeRandom } from '../../../fakes/random.ts';
import { id, makeEntry, makeNode, td } from '../../entries/make-entry.ts';

const AGENT = '/spire/agent/join_token/x';

function world(roles: readonly Role[] = []) {
  const clock = new FakeClock();
  const random = new FakeRandom();
  const store = new FakeDatastore(clock);
  const index = new AuthorizedEntries({ trustDomain: td, clock, log: silentLogger });
  const nodes = new NodeCache({ clock, onSelectors: () => {} });
  const common = { clock, random, log: silentLogger };
  const refresh = new IndexRefresher({ ...common, name: 'entries', feed: store.entryFeed, replica: index });
  const nodeRefresh = new IndexRefresher({ ...common, name: 'nodes', feed: store.nodeFeed, replica: nodes });
  const agents = new AgentCheck({
    cache: nodes,
    refresh: nodeRefresh,
    store: store.nodes,
    clock,
    maxStalenessMs: 0,
  });
  const adminIds = [id('/boss'), id('spiffe://other/boss')];
  const put = (name: string, flags: { admin?: boolean; downstream?: boolean }): void =>
    store.entries.feed.put(name, makeEntry({ id: name, spiffeId: `/${name}`, parentId: AGENT, ...flags }));
  put('admin', { admin: true });
  put('nested', { downstream: true });
  put('workload', {});
  const certificate = (serialNumber: string) => ({
    serialNumber,
    expiresAt: new Date('2026-01-01T01:00:00Z'),
  });
  const node = (path: string, fields: object): void =>
    store.nodes.feed.put(id(path).toString(), makeNode(path, fields));
  node(AGENT, { current: certificate('1') });
  node(`${AGENT}-banned`, { current: undefined });
  node(`${AGENT}-renewed`, { current: certificate('0'), pending: certificate('1') });
  node(`${AGENT}-replaced`, { current: certificate('2') });
  return {
    clock,
    store,
    authorizer: new Authorizer({
      adminIds,
      roles: new Roles({ roles, adminIds, ownUid: 500 }),
      entries: index,
      refresh,
      agents,
    }),
  };
}

const svid = (spiffeId: SpiffeId, expiresAt = new Date('2026-01-01T01:00:00Z')): X509Svid => ({
  id: spiffeId,
  certificates: [],
  issuedAt: new Date('2026-01-01T00:00:00Z'),
  expiresAt,
  serialNumber: '1',
});

const identified = (path: string): Caller => ({
  kind: 'identified',
  address: '192.0.2.1',
  svid: svid(id(path)),
});

type Group = 'any' | 'agents' | 'admins' | 'locals' | 'downstream' | 'agents and admins';

/** Which groups of RPCs a caller may call; for agents' RPCs, else the reason. */
const callers: Readonly<Record<string, { caller: Caller; may: readonly Group[]; reason?: Reason }>> = {
  'the admin socket': { caller: { kind: 'local' }, may: ['any', 'admins', 'locals', 'agents and admins'] },
  nobody: { caller: { kind: 'anonymous', address: '192.0.2.1' }, may: ['any'] },
  'a workload': { caller: identified('/workload'), may: ['any'], reason: 'AGENT_NOT_ATTESTED' },
  'a static administrator': {
    caller: identified('/boss'),
    may: ['any', 'admins', 'agents and admins'],
    reason: 'AGENT_NOT_ATTESTED',
  },
  'an administrator of another trust domain': {
    caller: identified('spiffe://other/boss'),
    may: ['any', 'admins', 'agents and admins'],
    reason: 'AGENT_NOT_ATTESTED',
  },
  'an administrator by entry': {
    caller: identified('/admin'),
    may: ['any', 'admins', 'agents and admins'],
    reason: 'AGENT_NOT_ATTESTED',
  },
  'a downstream server': {
    caller: identified('/nested'),
    may: ['any', 'downstream'],
    reason: 'AGENT_NOT_ATTESTED',
  },
  'an agent': { caller: identified(AGENT), may: ['any', 'agents', 'agents and admins'] },
  'an agent with a renewed certificate': {
    caller: identified(`${AGENT}-renewed`),
    may: ['any', 'agents', 'agents and admins'],
  },
  'an agent with an old certificate': {
    caller: identified(`${AGENT}-replaced`),
    may: ['any'],
    reason: 'AGENT_NOT_ACTIVE',
  },
  'a banned agent': { caller: identified(`${AGENT}-banned`), may: ['any'], reason: 'AGENT_BANNED' },
  'an agent that nobody knows': {
    caller: identified(`${AGENT}-new`),
    may: ['any'],
    reason: 'AGENT_NOT_ATTESTED',
  },
};

/** SPIRE's default policy in its own words: what stands in none of these lists is for administrators. */
const OTHERS: Readonly<Record<Exclude<Group, 'admins'>, readonly string[]>> = {
  any: ['Bundle/GetBundle', 'Agent/AttestAgent'],
  agents: [
    'SVID/BatchNewX509SVID',
    'SVID/NewJWTSVID',
    'SVID/BatchNewWITSVID',
    'Entry/GetAuthorizedEntries',
    'Entry/SyncAuthorizedEntries',
    'Agent/RenewAgent',
    'Agent/PostStatus',
    'Sync/Watch',
  ],
  downstream: ['SVID/NewDownstreamX509CA', 'Bundle/PublishJWTAuthority', 'Bundle/PublishWITAuthority'],
  'agents and admins': ['Bundle/GetFederatedBundle'],
  locals: [
    'Health/Check',
    'Health/Watch',
    'ExplainEntry/ExplainEntry',
    'Health/List',
    'Debug/GetInfo',
    'Logger/GetLogger',
    'Logger/SetLogLevel',
    'Logger/ResetLogLevel',
    'LocalAuthorityImport/ImportX509Authority',
  ],
};

function groupOf(method: string): Group {
  const name = method.split('.').at(-1) ?? '';
  const groups = ['any', 'agents', 'locals', 'downstream', 'agents and admins'] as const;
  return groups.find((group) => OTHERS[group].includes(name)) ?? 'admins';
}

const allRules: readonly (readonly [string, Rule])[] = Object.entries(rules).flatMap(([service, rpcs]) =>
  Object.entries(rpcs).map(([rpc, rule]) => [`/${service}/${rpc}`, rule] as const),
);

for (const [name, { caller, may, reason }] of Object.entries(callers)) {
  test(`${name} may call what SPIRE's policy says, and nothing else`, async () => {
    const { authorizer } = world();
    for (const [method, rule] of allRules) {
      const group = groupOf(method);
      const deed = authorizer.authorize(method, rule, caller);
      if (may.includes(group)) {
        const { agent, ...more } = await deed;
        assert.equal(agent !== undefined, rule.who.includes('agent') && may.includes('agents'), method);
        assert.deepEqual(more, {}, method);
        continue;
      }
      await assert.rejects(deed, (error: unknown) => {
        assert.ok(error instanceof CodedError);
        assert.equal(error.code, Code.permissionDenied, method);
        const denial = `authorization denied for method ${method}`;
        if (rule.who.includes('agent') && reason !== undefined) {
          assert.equal(error.reason, reason, method);
          assert.ok(error.message.startsWith(`${denial}: agent "`), error.message);
        } else assert.equal(error.message, denial);
        return true;
      });
    }
  });
}

const LIST = '/spire.api.server.entry.v1.Entry/ListEntries';
const ADMINS: Rule = { who: ['local', 'admin'] };

test('an administrator whose entry was made a moment ago is let in: memory is brought up to date before a denial', async () => {
  const { authorizer, store } = world();
  await authorizer.authorize(LIST, ADMINS, identified('/admin'));
  store.entries.feed.put('late', makeEntry({ id: 'late', spiffeId: '/late', parentId: AGENT, admin: true }));
  await authorizer.authorize(LIST, ADMINS, identified('/late'));
});

test('an administrator by entry is neither let in nor denied when memory is old and the database is away', async () => {
  const { authorizer, store, clock } = world();
  await authorizer.authorize(LIST, ADMINS, identified('/admin'));
  store.fail(new CodedError(Code.unavailable, 'away'));
  await clock.advance(6_000);
  for (const path of ['/admin', '/workload']) {
    await assert.rejects(authorizer.authorize(LIST, ADMINS, identified(path)), { code: Code.unavailable });
  }
  await authorizer.authorize(LIST, ADMINS, identified('/boss'));
  await authorizer.authorize(LIST, ADMINS, { kind: 'local' });
});

test('an entry with the downstream flag opens what is for downstream servers', async () => {
  const { authorizer } = world();
  const rule: Rule = { who: ['downstream'] };
  await authorizer.authorize('/x/NewDownstreamX509CA', rule, identified('/nested'));
  await assert.rejects(authorizer.authorize('/x/NewDownstreamX509CA', rule, identified('/admin')), {
    code: Code.permissionDenied,
  });
});

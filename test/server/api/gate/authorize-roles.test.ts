/** Which RPC each role opens, and what those who are refused are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authorizer } from '../../../../server/api/gate/authorize.ts';
import type { Caller } from '../../../../server/api/gate/context.ts';
import { Roles } from '../../../../server/api/gate/roles.ts';
import { rules, type Rule } from '../../../../server/api/gate/rules.ts';
import type { Role, RoleKind } from '../../../../server/config/roles-fields.ts';
import { Code, CodedError, permissionDenied } from '../../../../shared/errors.ts';
import { id, makeEntry, makeNode } from '../../entries/make-entry.ts';

const OWN_UID = 500;
const scope = {
  ids: [{ root: 'spiffe://td/team', withRoot: true, withBelow: true }],
  parents: [],
  federatesWith: [],
  dnsNames: [],
};
const bearers = (name: string, uid: number) => ({ name, spiffeIds: [id(`/${name}`)], unixUsers: [uid] });

const roles: readonly Role[] = [
  { kind: 'viewer', ...bearers('looks', 1) },
  { kind: 'registrar', scope, ...bearers('team', 2) },
  { kind: 'operator', ...bearers('nodes', 3) },
  { kind: 'admin', ...bearers('boss', 4) },
];

/** Users 1 to 4 and IDs of the same names have one role each; /chief is an administrator by entry. */
function authorizer(configured: readonly Role[] = roles): Authorizer {
  const entries = [makeEntry({ id: 'a', spiffeId: '/chief', parentId: '/x', admin: true })];
  return new Authorizer({
    adminIds: [id('/static')],
    roles: new Roles({ roles: configured, adminIds: [id('/static')], ownUid: OWN_UID }),
    entries: { entriesBearing: (bearer) => entries.filter(({ spiffeId }) => spiffeId.equals(bearer)) },
    refresh: { ensureFresh: async () => {}, readNow: async () => {} },
    agents: {
      checkAgent: async () => {
        throw permissionDenied('not an agent');
      },
    },
  });
}

const local = (uid?: number): Caller => ({ kind: 'local', ...(uid === undefined ? {} : { uid }) });
const remote = (path: string): Caller => ({
  kind: 'identified',
  address: '192.0.2.1',
  svid: { id: id(path), certificates: [], issuedAt: new Date(0), expiresAt: new Date(1), serialNumber: '1' },
});

/** In words of its own: what each role may call. Administrators may call all of it, others nothing else. */
const AGENT_READS = ['Agent/CountAgents', 'Agent/ListAgents', 'Agent/GetAgent'];
const BUNDLE_READS = ['Bundle/CountBundles', 'Bundle/ListFederatedBundles', 'Bundle/GetFederatedBundle'];
const FEDERATION_READS = ['TrustDomain/ListFederationRelationships', 'TrustDomain/GetFederationRelationship'];
const ENTRY_READS = [
  'Entry/CountEntries',
  'Entry/ListEntries',
  'Entry/GetEntry',
  'EntryChanges/WatchEntries',
];
const opened: Readonly<Record<Exclude<RoleKind, 'admin'>, readonly string[]>> = {
  viewer: [
    ...AGENT_READS,
    ...ENTRY_READS,
    ...BUNDLE_READS,
    ...FEDERATION_READS,
    'ExplainEntry/ExplainEntry',
    'Logger/GetLogger',
    'Debug/GetInfo',
    ...['X509', 'JWT', 'WIT'].map((kind) => `LocalAuthority/Get${kind}AuthorityState`),
  ],
  registrar: [
    ...ENTRY_READS,
    'Entry/BatchCreateEntry',
    'Entry/BatchUpdateEntry',
    'Entry/BatchDeleteEntry',
    'EntryChanges/ApplyEntries',
  ],
  operator: [...AGENT_READS, 'Agent/DeleteAgent', 'Agent/BanAgent', 'Agent/CreateJoinToken'],
};

const administered: readonly (readonly [string, Rule])[] = Object.entries(rules).flatMap(([service, rpcs]) =>
  Object.entries(rpcs)
    .filter(
      ([, { who, isHarmless }]) => (who.includes('local') || who.includes('admin')) && isHarmless !== true,
    )
    .filter(([, { who }]) => !who.includes('any'))
    .map(([rpc, rule]) => [`/${service}/${rpc}`, rule] as const),
);
const shortName = (method: string): string => method.split('.').at(-1) ?? '';

async function answerTo(method: string, rule: Rule, caller: Caller): Promise<string> {
  try {
    const { role, limits } = await authorizer().authorize(method, rule, caller);
    return `${role ?? 'no role'}${limits?.registrar === undefined ? '' : ', in its scope'}`;
  } catch (error) {
    assert.ok(error instanceof CodedError && error.code === Code.permissionDenied);
    assert.ok(error.message.startsWith(`authorization denied for method ${method}`), error.message);
    return 'denied';
  }
}

const callers: readonly (readonly [string, (kind: 'local' | 'remote') => Caller, RoleKind])[] = [
  ['viewer "looks"', (kind) => (kind === 'local' ? local(1) : remote('/looks')), 'viewer'],
  ['registrar "team"', (kind) => (kind === 'local' ? local(2) : remote('/team')), 'registrar'],
  ['operator "nodes"', (kind) => (kind === 'local' ? local(3) : remote('/nodes')), 'operator'],
  ['admin', (kind) => (kind === 'local' ? local(4) : remote('/boss')), 'admin'],
];

for (const [role, callerOn, kind] of callers)
  for (const door of ['local', 'remote'] as const)
    test(`${role} may call what it is for, and nothing else, ${door}`, async () => {
      for (const [method, rule] of administered) {
        const isServed = rule.who.includes(door === 'local' ? 'local' : 'admin');
        const mayCall = isServed && (kind === 'admin' || opened[kind].includes(shortName(method)));
        const isScoped = kind === 'registrar' ? ', in its scope' : '';
        assert.equal(
          await answerTo(method, rule, callerOn(door)),
          mayCall ? `${role}${isScoped}` : 'denied',
          method,
        );
      }
    });

const LIST = '/spire.api.server.entry.v1.Entry/ListEntries';
const listRule: Rule = { who: ['local', 'admin'], roles: ['viewer', 'registrar'] };

const admitted: readonly (readonly [string, Caller, string])[] = [
  ['root', local(0), 'admin'],
  ["the server's own user", local(OWN_UID), 'admin'],
  ['an ID of admin_ids', remote('/static'), 'admin'],
  ['an ID of an admin entry', remote('/chief'), 'admin'],
];

for (const [name, caller, role] of admitted)
  test(`${name} stays an administrator where roles are configured, and the audit log says so`, async () => {
    assert.deepEqual(
      { limits: undefined, ...(await authorizer().authorize(LIST, listRule, caller)) },
      { role, limits: undefined },
    );
  });

test('root and the own user are what a role makes them', async () => {
  const both: Role = { kind: 'viewer', name: 'tamed', spiffeIds: [], unixUsers: [0, OWN_UID] };
  for (const uid of [0, OWN_UID]) {
    const { role } = await authorizer([both]).authorize(LIST, listRule, local(uid));
    assert.equal(role, 'viewer "tamed"');
    await assert.rejects(authorizer([both]).authorize(LIST, { who: ['local'] }, local(uid)), {
      code: Code.permissionDenied,
    });
  }
});

const refusals: readonly (readonly [string, Caller, Rule, string])[] = [
  ['a user without a role', local(9), listRule, ': user 9 has no role'],
  ['a caller whom the kernel does not name', local(), listRule, ': the kernel does not say which user calls'],
  [
    'an operator',
    local(3),
    listRule,
    ': operator "nodes" does not allow it, viewer or registrar or admin does',
  ],
  [
    'an operator elsewhere',
    remote('/nodes'),
    listRule,
    ': operator "nodes" does not allow it, viewer or registrar or admin does',
  ],
  ['a viewer', local(1), { who: ['local', 'admin'] }, ': viewer "looks" does not allow it, admin does'],
  ['a workload without a role', remote('/web'), listRule, ''],
  ['nobody', { kind: 'anonymous', address: '192.0.2.1' }, listRule, ''],
];

for (const [name, caller, rule, why] of refusals)
  test(`${name} is told ${why === '' ? 'nothing but that it is denied' : `so${why}`}`, async () => {
    await assert.rejects(authorizer().authorize(LIST, rule, caller), {
      code: Code.permissionDenied,
      message: `authorization denied for method ${LIST}${why}`,
    });
  });

test('what is harmless stays open to every user of the socket', async () => {
  assert.deepEqual(await authorizer().authorize(LIST, { who: ['local'], isHarmless: true }, local(9)), {});
});

test('several roles add up: whoever may also view sees everything, and the audit log has both', async () => {
  const mine = roles.map((role) => ({ ...role, unixUsers: [7] })).slice(0, 2);
  const both = await authorizer(mine).authorize(LIST, listRule, local(7));
  assert.deepEqual([both.role, both.limits?.registrar], ['viewer "looks",registrar "team"', undefined]);
  const write = await authorizer(mine).authorize(LIST, { who: ['local'], roles: ['registrar'] }, local(7));
  assert.equal(write.role, 'registrar "team"');
  assert.ok(write.limits?.registrar !== undefined);
});

test('an agent is judged as one without asking memory or the database for entries', async () => {
  const asked = (): never => assert.fail('it was asked');
  const gate = new Authorizer({
    adminIds: [],
    roles: new Roles({ roles, adminIds: [], ownUid: OWN_UID }),
    entries: { entriesBearing: asked },
    refresh: { ensureFresh: asked, readNow: asked },
    agents: { checkAgent: async () => makeNode('/spire/agent/x') },
  });
  const rule: Rule = { who: ['local', 'admin', 'agent'], roles: ['viewer'] };
  const { agent, role } = await gate.authorize(LIST, rule, remote('/spire/agent/x'));
  assert.deepEqual([agent?.node.id.path, role], ['/spire/agent/x', undefined]);
  await assert.rejects(gate.authorize(LIST, listRule, remote('/spire/agent/x')), {
    code: Code.permissionDenied,
  });
});

test('roles that are replaced count from the next call on', async () => {
  const held = new Roles({ roles, adminIds: [], ownUid: OWN_UID });
  assert.equal(held.ofUser(1).length, 1);
  held.replace([]);
  assert.deepEqual([held.ofUser(1), held.areConfigured], [[], false]);
});

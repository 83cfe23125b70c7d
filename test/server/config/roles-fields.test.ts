/** `roles {}` of server.conf: what it means, and what is wrong in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load } from './load-sketch.ts';

const TD = 'spiffe://example.org';

test('without the block, or with an empty one, there are no roles', () => {
  assert.deepEqual(load({}).config.roles, []);
  assert.deepEqual(load({ server: 'roles {}' }).config.roles, []);
});

const whole = `roles {
  viewer "auditors" { spiffe_ids = ["${TD}/audit"] unix_users = ["root", "1001", 1002] }
  registrar "team" {
    spiffe_ids = ["${TD}/ci/team"]
    path_prefixes = ["/team", "/shared/team/"]
    parents = ["${TD}/nodes", "${TD}/spire/agent/x/*"]
    federates_with = ["other.org"]
    dns_names = ["*.Team.example", "team.example"]
  }
  registrar "node" { unix_users = ["1003"] parents = ["${TD}/spire/agent/x/y"] }
  operator "nodes" { unix_users = ["1004"] }
  admin "boss" { unix_users = ["1005"] }
}`;
const teamScope = {
  ids: [
    { root: `${TD}/team`, withRoot: true, withBelow: true },
    { root: `${TD}/shared/team`, withRoot: true, withBelow: true },
  ],
  parents: [
    { root: `${TD}/nodes`, withRoot: true, withBelow: false },
    { root: `${TD}/spire/agent/x`, withRoot: false, withBelow: true },
  ],
  federatesWith: ['other.org'],
  dnsNames: ['*.team.example', 'team.example'],
};
const nodeScope = {
  ids: [{ root: TD, withRoot: true, withBelow: true }],
  parents: [{ root: `${TD}/spire/agent/x/y`, withRoot: true, withBelow: false }],
  federatesWith: [],
  dnsNames: [],
};

test('roles are read with who has them and what they are about', () => {
  const { config, warnings } = load({ server: whole });
  assert.deepEqual(warnings, []);
  const plain = config.roles.map(({ spiffeIds, ...role }) => ({ ...role, spiffeIds: spiffeIds.map(String) }));
  const spiffeIds: string[] = [];
  assert.deepEqual(plain, [
    { kind: 'viewer', name: 'auditors', spiffeIds: [`${TD}/audit`], unixUsers: [0, 1_001, 1_002] },
    { kind: 'registrar', name: 'team', spiffeIds: [`${TD}/ci/team`], unixUsers: [], scope: teamScope },
    { kind: 'registrar', name: 'node', spiffeIds, unixUsers: [1_003], scope: nodeScope },
    { kind: 'operator', name: 'nodes', spiffeIds, unixUsers: [1_004] },
    { kind: 'admin', name: 'boss', spiffeIds, unixUsers: [1_005] },
  ]);
});

test('JSON names roles by their keys', () => {
  const { config } = load({
    server: 'roles = { viewer = { a = { unix_users = ["7"] }, b = { unix_users = ["8"] } } }',
  });
  assert.deepEqual(
    config.roles.map(({ name, unixUsers }) => [name, unixUsers]),
    [
      ['a', [7]],
      ['b', [8]],
    ],
  );
});

/** The block's one line, and the faults with their columns. */
const faulty: Readonly<Record<string, readonly string[]>> = {
  'veiwer "a" { unix_users = ["1"] }': ['2:9: unknown key "veiwer" in server.roles; did you mean "viewer"?'],
  'viewer { unix_users = ["1"] }': [
    '2:31: viewer "unix_users" must be a block, not a list', // the label is missing
  ],
  'viewer "a" {}': ['2:9: nobody has this role: give spiffe_ids or unix_users'],
  'viewer "a" { unix_users = ["1"] } viewer "a" { unix_users = ["2"] }': [
    '2:43: server.roles.viewer "a" is given twice',
  ],
  'viewer "a" { unix_users = ["1"] path_prefixes = ["/x"] }': [
    '2:41: unknown key "path_prefixes" in server.roles.viewer "a"',
  ],
  'viewer "a" { unix_users = ["nobody-has-this-name"] }': [
    '2:36: "unix_users" in server.roles.viewer "a" must hold users: /etc/passwd has no "nobody-has-this-name"',
  ],
  'viewer "a" { unix_users = ["65534", "4294967295"] }': [
    '2:36: "unix_users" in server.roles.viewer "a" must not hold user 65534: the kernel calls every user so whom it cannot name',
    '2:45: "unix_users" in server.roles.viewer "a" must not hold user 4294967295: the kernel calls every user so whom it cannot name',
  ],
  [`viewer "a" { spiffe_ids = ["spiffe://other.org/x", "${TD}/spire/agent/x", "${TD}"] }`]: [
    `2:36: "spiffe_ids" in server.roles.viewer "a" must hold SPIFFE IDs of workloads: "spiffe://other.org/x" is not a member of trust domain "example.org"`,
    `2:60: "spiffe_ids" in server.roles.viewer "a" must hold SPIFFE IDs of workloads: "${TD}/spire/agent/x" is not a valid workload ID: the path is in the reserved namespace "/spire"`,
    `2:98: "spiffe_ids" in server.roles.viewer "a" must hold SPIFFE IDs of workloads: invalid workload ID "${TD}": path is empty`,
  ],
  'registrar "a" { unix_users = ["1"] }': [
    '2:9: a registrar needs a scope: give path_prefixes, parents or both',
  ],
  'registrar "a" { unix_users = ["1"] path_prefixes = ["team", "/a//b"] }': [
    '2:61: "path_prefixes" in server.roles.registrar "a" must hold paths: path must have a leading slash',
    '2:69: "path_prefixes" in server.roles.registrar "a" must hold paths: path cannot contain empty segments',
  ],
  [`registrar "a" { unix_users = ["1"] parents = ["${TD}/spire/server", "spiffe://other.org/*", "x"] }`]: [
    '2:55: "parents" in server.roles.registrar "a" must not hold the server: its entries are node aliases',
    '2:92: "parents" in server.roles.registrar "a" must hold SPIFFE IDs of trust domain "example.org"',
    '2:116: "parents" in server.roles.registrar "a" must hold SPIFFE IDs: scheme is missing or invalid',
  ],
  'registrar "a" { unix_users = ["1"] path_prefixes = ["/x"] federates_with = ["X.org"] dns_names = ["a.*.b", "-a"] }':
    [
      '2:85: "federates_with" in server.roles.registrar "a" must hold trust domains: trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores',
      '2:107: "dns_names" in server.roles.registrar "a" must hold DNS names, with a wildcard as the whole first label alone',
      '2:116: "dns_names" in server.roles.registrar "a" must hold DNS names, with a wildcard as the whole first label alone',
    ],
};

for (const [line, faults] of Object.entries(faulty))
  test(`is told with its place: ${line}`, () => {
    assert.deepEqual(
      faultsOf(() => load({ server: `roles { ${line} }` })),
      faults.map((fault) => `server.conf:${fault}`),
    );
  });

test('a role has at most a hundred values of a kind', () => {
  const users = Array.from({ length: 101 }, (_, at) => `"${at}"`).join();
  assert.match(
    faultsOf(() => load({ server: `roles { viewer "a" { unix_users = [${users}] } }` })).join(),
    /at most 100 values/,
  );
});

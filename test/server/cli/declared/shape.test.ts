/** Files of declared entries: what they mean, and what is wrong in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDeclared } from '../../../../server/cli/declared/read.ts';
import { faultsOf } from '../../../shared/config/faults-of.ts';

const minimal = {
  id: '',
  x509_svid_ttl: 0,
  jwt_svid_ttl: 0,
  federates_with: [],
  dns_names: [],
  hint: '',
  expires_at: 0,
  admin: false,
  downstream: false,
  store_svid: false,
  disable_x509_svid_prefetch: false,
  jwt_svid_include_jti: false,
};

const WHOLE = `
scope:
  spiffe_ids: [spiffe://td/team, "spiffe://td/team/*"]
  parent_ids: ["spiffe://td/node"]
entries:
  - spiffe_id: spiffe://td/team/web
    parent_id: spiffe://td/node
    selectors: ["unix:uid:2", "unix:uid:1", "unix:uid:2"]
  - id: full
    spiffe_id: spiffe://td/team/full
    parent_id: spiffe://td/node
    selectors: [a:b]
    x509_svid_ttl: 60
    jwt_svid_ttl: 30
    federates_with: [other.org, a.org]
    dns_names: [b.example, a.example, b.example]
    hint: "123"
    expires_at: 1893456000
    admin: true
    downstream: true
    store_svid: true
    disable_x509_svid_prefetch: true
    jwt_svid_include_jti: true
`;

test('a file says what it is about and which entries there are', () => {
  const { scope, entries } = parseDeclared('f', WHOLE);
  assert.deepEqual(scope, {
    spiffeIds: [
      { root: 'spiffe://td/team', withRoot: true, withBelow: false },
      { root: 'spiffe://td/team', withRoot: false, withBelow: true },
    ],
    parentIds: [{ root: 'spiffe://td/node', withRoot: true, withBelow: false }],
  });
  const parent_id = 'spiffe://td/node';
  assert.deepEqual(entries, [
    { ...minimal, spiffe_id: 'spiffe://td/team/web', parent_id, selectors: ['unix:uid:1', 'unix:uid:2'] },
    {
      id: 'full',
      spiffe_id: 'spiffe://td/team/full',
      parent_id,
      selectors: ['a:b'],
      x509_svid_ttl: 60,
      jwt_svid_ttl: 30,
      federates_with: ['a.org', 'other.org'],
      dns_names: ['b.example', 'a.example'],
      hint: '123',
      expires_at: 1_893_456_000,
      admin: true,
      downstream: true,
      store_svid: true,
      disable_x509_svid_prefetch: true,
      jwt_svid_include_jti: true,
    },
  ]);
});

test('JSON is read as JSON, with the same keys', () => {
  const text =
    '\uFEFF {"entries":[{"spiffe_id":"spiffe://td/a","parent_id":"spiffe://td/n","selectors":["a:b"]}]}';
  assert.equal(parseDeclared('f', text).entries[0]?.spiffe_id, 'spiffe://td/a');
  assert.deepEqual(parseDeclared('f', '{"entries":[]}'), { scope: undefined, entries: [] });
});

const one = (rest: string): string =>
  `entries:\n  - spiffe_id: spiffe://td/a\n    parent_id: spiffe://td/n\n    selectors: [a:b]\n${rest}`;

const faulty: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'nothing of entries': ['scope: {}', ['f:1:1: "entries" is missing']],
  'an unknown key': [
    one('    hnit: x\nscpoe: 1'),
    [
      'f:5:5: unknown key "hnit" in entry 0; did you mean "hint"?',
      'f:6:1: unknown key "scpoe" at the top level; did you mean "scope"?',
    ],
  ],
  'a key that is given twice': [
    one('    selectors: [c:d]'),
    ['f:5:5: "selectors" in entry 0 is given twice, first in line 4'],
  ],
  'what an entry needs': [
    'entries:\n  - hint: x',
    [
      'f:2:5: "spiffe_id" in entry 0 is missing',
      'f:2:5: "parent_id" in entry 0 is missing',
      'f:2:5: "selectors" in entry 0 is missing',
    ],
  ],
  'values of another type': [
    one('    x509_svid_ttl: soon\n    admin: yes\n    dns_names: a.example\n    expires_at: -1'),
    [
      'f:5:20: "x509_svid_ttl" in entry 0 must be a whole number from 0 to 2147483647, not text',
      'f:6:12: "admin" in entry 0 must be true or false, not text',
      'f:7:16: "dns_names" in entry 0 must be a list, not text',
      'f:8:17: "expires_at" in entry 0 must be a whole number from 0 to 253402300799, not -1',
    ],
  ],
  'texts that are none': [
    'entries:\n  - {spiffe_id: td/a, parent_id: spiffe://, selectors: [x], federates_with: [A]}',
    [
      'f:2:17: "spiffe_id" in entry 0 must be a SPIFFE ID: scheme is missing or invalid',
      'f:2:34: "parent_id" in entry 0 must be a SPIFFE ID: trust domain is missing',
      'f:2:57: "selectors" in entry 0 must hold selectors: selector "x" must be formatted as type:value',
      'f:2:78: "federates_with" in entry 0 must be a trust domain name: trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores',
    ],
  ],
  'the same entry twice': [
    one('  - spiffe_id: spiffe://td/a\n    parent_id: spiffe://td/n\n    selectors: [a:b]\n    hint: other'),
    ['f:5:5: the same entry is given twice, first in line 2'],
  ],
  'the same ID twice': [
    'entries:\n  - {id: x, spiffe_id: spiffe://td/a, parent_id: spiffe://td/n, selectors: [a:b]}\n  - {id: x, spiffe_id: spiffe://td/b, parent_id: spiffe://td/n, selectors: [a:b]}',
    ['f:3:5: id "x" is given twice, first in line 2'],
  ],
  'an entry outside of its own scope': [
    one('scope: {parent_ids: [spiffe://td/m]}'),
    ['f:2:5: the entry is outside of the scope of the file'],
  ],
  'a scope of nothing': [
    one('scope: {spiffe_ids: []}'),
    ['f:5:8: a scope needs spiffe_ids, parent_ids or both'],
  ],
  'an entry that is none': ['entries: [1]', ['f:1:11: entry 0 must be an object']],
  'entries that are none': ['entries: {}', ['f:1:10: "entries" must be a list']],
};

for (const [name, [text, faults]] of Object.entries(faulty))
  test(`is told with its place: ${name}`, () => {
    assert.deepEqual(
      faultsOf(() => parseDeclared('f', text)),
      faults,
    );
  });

test('no more than ten thousand entries', () => {
  const text = `entries: [${'{},'.repeat(10_001)}]`;
  assert.deepEqual(
    faultsOf(() => parseDeclared('f', text)),
    ['f:1:10: "entries" must have at most 10000 entries'],
  );
});

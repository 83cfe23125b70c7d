/** What a file makes of what the server has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryOutput } from '../../../../proto/gen/spire/api/types/Entry.ts';
import { type Plan, planOf } from '../../../../server/cli/declared/plan.ts';
import { parseDeclared } from '../../../../server/cli/declared/read.ts';

const wireId = (path: string) => ({ trust_domain: 'td', path });

const known = (id: string, path: string, fields: Partial<EntryOutput> = {}): EntryOutput => ({
  id,
  spiffe_id: wireId(path),
  parent_id: wireId('/n'),
  selectors: [{ type: 'a', value: 'b' }],
  x509_svid_ttl: 0,
  jwt_svid_ttl: 0,
  federates_with: [],
  admin: false,
  downstream: false,
  expires_at: '0',
  dns_names: [],
  revision_number: '0',
  store_svid: false,
  hint: '',
  created_at: '0',
  ...fields,
});

const told = (plan: Plan): object => ({
  create: plan.creates.map(({ id, spiffe_id }) => `${id} ${spiffe_id}`),
  update: plan.updates.map(({ known: { id }, fields }) => `${id} ${fields.join()}`),
  delete: plan.deletes.map(({ known: { id } }) => id),
  unchanged: plan.unchanged.map(({ known: { id } }) => id),
});

const entry = (path: string, rest = ''): string =>
  `  - {spiffe_id: spiffe://td${path}, parent_id: spiffe://td/n, selectors: [a:b]${rest}}\n`;

interface Case {
  readonly file: string;
  readonly found: readonly EntryOutput[];
  readonly prune?: boolean;
  readonly plan: Partial<Record<'create' | 'update' | 'delete' | 'unchanged', readonly string[]>>;
}

const cases: Readonly<Record<string, Case>> = {
  'an entry that is not there is made': {
    file: entry('/a'),
    found: [],
    plan: { create: [' spiffe://td/a'] },
  },
  'an entry is known by its shape, whatever its ID': {
    file: entry('/a'),
    found: [known('x', '/a')],
    plan: { unchanged: ['x'] },
  },
  'an entry is known by its ID, whatever its shape': {
    file: entry('/b', ', id: x, hint: h'),
    found: [known('x', '/a')],
    plan: { update: ['x spiffe_id,hint'] },
  },
  'an ID that nobody has is made, beside an entry of the same shape': {
    file: entry('/a', ', id: y'),
    found: [known('x', '/a')],
    plan: { create: ['y spiffe://td/a'] },
  },
  'order counts for DNS names alone': {
    file: entry('/a', ', dns_names: [b, a], federates_with: [b, a]'),
    found: [known('x', '/a', { dns_names: ['a', 'b'], federates_with: ['b', 'a'] })],
    plan: { update: ['x dns_names'] },
  },
  'what the file does not say is what an entry has without it': {
    file: entry('/a'),
    found: [
      known('x', '/a', {
        admin: true,
        additional_attributes: { disable_x509_svid_prefetch: true, jwt_svid_include_jti: false },
      }),
    ],
    plan: { update: ['x admin,disable_x509_svid_prefetch'] },
  },
  'an entry with an ID takes none from one without': {
    file: entry('/a') + entry('/b', ', id: x'),
    found: [known('x', '/a'), known('y', '/a')],
    plan: { update: ['x spiffe_id'], unchanged: ['y'] },
  },
  'nothing is deleted without being told to': {
    file: `${entry('/a')}scope: {spiffe_ids: ["spiffe://td/*"]}`,
    found: [known('x', '/a'), known('y', '/b')],
    plan: { unchanged: ['x'] },
  },
  'nothing is deleted without a scope': {
    file: entry('/a'),
    found: [known('x', '/a'), known('y', '/b')],
    prune: true,
    plan: { unchanged: ['x'] },
  },
  'what is in the scope and not in the file is deleted, and nothing else': {
    file: `${entry('/t/a')}scope: {spiffe_ids: ["spiffe://td/t/*"], parent_ids: [spiffe://td/n]}`,
    found: [
      known('kept', '/t/a'),
      known('twin', '/t/a'),
      known('gone', '/t/b'),
      known('top', '/t'),
      known('other', '/o'),
      known('elsewhere', '/t/b', { parent_id: wireId('/m') }),
    ],
    prune: true,
    plan: { unchanged: ['kept'], delete: ['twin', 'gone'] },
  },
  'an empty file with a scope empties it': {
    file: 'entries: []\nscope: {parent_ids: [spiffe://td/n]}',
    found: [known('x', '/a')],
    prune: true,
    plan: { delete: ['x'] },
  },
};

for (const [name, { file, found, prune = false, plan }] of Object.entries(cases))
  test(name, () => {
    const text = file.startsWith('entries:') ? file : `entries:\n${file}`;
    const nothing = { create: [], update: [], delete: [], unchanged: [] };
    assert.deepEqual(told(planOf(parseDeclared('f', text), found, prune)), { ...nothing, ...plan });
  });

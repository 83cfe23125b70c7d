import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entriesInFile } from '../../../server/cli/entry-file.ts';

const entry = {
  spiffe_id: 'spiffe://example.org/web',
  parent_id: 'spiffe://example.org/node',
  selectors: [{ type: 'unix', value: 'uid:1' }],
};
const read = (fields: Readonly<Record<string, unknown>>) =>
  entriesInFile({ entries: [entry, { ...entry, ...fields }] })[1];

describe('an entry in a file', () => {
  it('is what the API takes', () => {
    assert.deepEqual(read({ entry_id: 'x', entryExpiry: 1_893_456_000, hint: null, created_at: 5 }), {
      id: 'x',
      spiffe_id: { trust_domain: 'example.org', path: '/web' },
      parent_id: { trust_domain: 'example.org', path: '/node' },
      selectors: entry.selectors,
      expires_at: 1_893_456_000,
    });
  });

  for (const [fields, says] of [
    [{ ttl: 5 }, 'entry 1 of -data has an unknown field "ttl"'],
    [{ spife_id: '' }, 'entry 1 of -data has an unknown field "spife_id"; did you mean "spiffe_id"?'],
    [{ constructor: 1 }, 'entry 1 of -data has an unknown field "constructor"'],
    [{ spiffe_id: { path: '/web' } }, '"spiffe_id" of entry 1 of -data must be a text'],
    [{ spiffe_id: '' }, '-data: entry 1: spiffe_id "" is not a SPIFFE ID: cannot be empty'],
    [
      { selectors: ['unix:uid:1'] },
      '"selectors" of entry 1 of -data must be a list of {"type": "...", "value": "..."}',
    ],
    [
      { x509_svid_ttl: 2_147_483_648 },
      '"x509_svid_ttl" of entry 1 of -data must be a whole number of seconds, at most 2147483647',
    ],
    [
      { jwt_svid_ttl: 1.5 },
      '"jwt_svid_ttl" of entry 1 of -data must be a whole number of seconds, at most 2147483647',
    ],
    [{ entryExpiry: -1 }, '"entryExpiry" of entry 1 of -data must be Unix seconds'],
    [{ dns_names: 'a' }, '"dns_names" of entry 1 of -data must be a list of texts'],
    [{ admin: 'true' }, '"admin" of entry 1 of -data must be true or false'],
    [
      { additional_attributes: { jti: true } },
      '"additional_attributes" of entry 1 of -data must be an object with disable_x509_svid_prefetch and jwt_svid_include_jti, true or false',
    ],
  ] as const) {
    it(`is refused: ${says}`, () => assert.throws(() => read(fields), { message: says }));
  }

  it('is an object, in a list', () => {
    assert.throws(() => entriesInFile({ entries: [[]] }), { message: 'entry 0 of -data is not an object' });
    assert.throws(() => entriesInFile({}), { message: '-data must hold {"entries": [...]}' });
    assert.deepEqual(entriesInFile({ entries: [] }), []);
  });
});

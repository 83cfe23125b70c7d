import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEntryFields, checkEntryId } from '../../../server/entries/check-entry.ts';
import type { EntryFields } from '../../../server/entries/entry.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { id, makeEntry, td } from './make-entry.ts';

const fields = (changes: Partial<EntryFields> = {}): EntryFields => {
  const {
    id: _,
    revisionNumber: __,
    createdAt: ___,
    ...rest
  } = makeEntry({
    id: 'e',
    spiffeId: '/web',
    parentId: '/spire/agent/a',
  });
  return { ...rest, ...changes };
};
const selector = (type: string, value: string) => ({ type, value });

for (const parent of ['/spire/agent/a', '/spire/server', '/node', '/spire/agent/join_token/x']) {
  test(`accepts ${parent} as a parent`, () => {
    assert.equal(checkEntryFields(fields({ parentId: id(parent) }), td).parentId.path, parent);
  });
}

const refusals: readonly (readonly [string, Partial<EntryFields>, RegExp])[] = [
  [
    'a parent of another trust domain',
    { parentId: id('spiffe://other/x') },
    /^invalid parent ID: "spiffe:\/\/other\/x" is not a member of trust domain "td"$/,
  ],
  ['a parent without a path', { parentId: id('spiffe://td') }, /^invalid parent ID: path is empty$/],
  [
    'an ID of another trust domain',
    { spiffeId: id('spiffe://other/x') },
    /^invalid spiffe ID: .*not a member/,
  ],
  ['an ID without a path', { spiffeId: id('spiffe://td') }, /^invalid spiffe ID: .*path is empty/],
  ["the server's ID", { spiffeId: id('/spire/server') }, /^invalid spiffe ID: .*reserved/],
  ["an agent's ID", { spiffeId: id('/spire/agent/x') }, /^invalid spiffe ID: .*reserved/],
  ['no selectors', { selectors: [] }, /^selector list is empty$/],
  ['a selector without a type', { selectors: [selector('', 'x')] }, /^selector type is empty$/],
  ['a selector type with a colon', { selectors: [selector('a:b', 'x')] }, /^selector type contains ':'$/],
  ['a selector without a value', { selectors: [selector('a', '')] }, /^selector value is empty$/],
  [
    'too many selectors',
    { selectors: Array.from({ length: 1_001 }, (_, at) => selector('a', `${at}`)) },
    /1001 selectors are more than 1000/,
  ],
  ['a bad DNS name', { dnsNames: ['a.b', 'c.'] }, /^invalid DNS name "c\.": it has a trailing dot$/],
  [
    'too many DNS names',
    { dnsNames: Array.from({ length: 501 }, (_, at) => `h${at}`) },
    /501 DNS names are more than 500/,
  ],
  ['a negative X.509 TTL', { x509SvidTtlSeconds: -1 }, /X\.509-SVID TTL is negative/],
  ['a negative JWT TTL', { jwtSvidTtlSeconds: -1 }, /JWT-SVID TTL is negative/],
  ['a TTL that is no whole number', { x509SvidTtlSeconds: 1.5 }, /not a whole number/],
  ['a TTL that is not a number', { x509SvidTtlSeconds: Number.NaN }, /not a whole number/],
  ['an invalid expiration', { expiresAt: new Date(Number.NaN) }, /not a time after 1970/],
  ['an expiration before 1970', { expiresAt: new Date(-1) }, /not a time after 1970/],
  ['a long hint', { hint: 'h'.repeat(1_025) }, /hint is too long, max length is 1024 characters/],
  [
    'a stored SVID with selectors of two types',
    { storeSvid: true, selectors: [selector('a', 'x'), selector('b', 'x')] },
    /types must be the same/,
  ],
  [
    'a stored SVID without prefetch',
    { storeSvid: true, disableX509SvidPrefetch: true },
    /prefetch cannot be disabled/,
  ],
  ['an entry that is too large', { selectors: [selector('a', 'x'.repeat(100_000))] }, /entry is larger than/],
];
for (const [name, changes, message] of refusals) {
  test(`refuses ${name}`, () => {
    assert.throws(() => checkEntryFields(fields(changes), td), { code: 3, message });
  });
}

test('sorts selectors and drops duplicates', () => {
  const checked = checkEntryFields(
    fields({
      selectors: [selector('b', '1'), selector('a', '2'), selector('b', '1')],
      dnsNames: ['z.org', 'a.org', 'z.org'],
      federatesWith: [TrustDomain.parse('other'), TrustDomain.parse('other')],
    }),
    td,
  );
  assert.deepEqual(checked.selectors, [selector('a', '2'), selector('b', '1')]);
  assert.deepEqual(checked.dnsNames, ['z.org', 'a.org'], 'the first name becomes the common name');
  assert.deepEqual(checked.federatesWith.map(String), ['other']);
});

test('accepts entry IDs of up to 255 letters, numbers, dots, dashes and underscores', () => {
  for (const good of ['a', 'A.b_c-9', 'x'.repeat(255)]) assert.equal(checkEntryId(good), good);
  for (const bad of ['', 'a/b', 'a b', 'é', 'a\n', 'x'.repeat(256)]) {
    assert.throws(() => checkEntryId(bad), { code: 3 });
  }
});

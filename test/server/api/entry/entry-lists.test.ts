import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Datastore } from '../../../../server/datastore/open.ts';
import type { Entry } from '../../../../proto/gen/spire/api/types/Entry.ts';
import { Code } from '../../../../shared/errors.ts';
import { TrustDomain } from '../../../../shared/spiffe/trust-domain.ts';
import { testDatabase } from '../../../fakes/database.ts';
import { Endings } from '../../../fakes/endings.ts';
import { type Clients, startServer } from '../../../fakes/server-under-test.ts';

const wireId = (path: string) => ({ trust_domain: 'example.org', path });
const selectorsOf = (...texts: readonly string[]) =>
  texts.map((text) => ({ type: text.slice(0, text.indexOf(':')), value: text.slice(text.indexOf(':') + 1) }));

const plain = (name: string, fields: Entry = {}): Entry => ({
  id: name,
  spiffe_id: wireId(`/${name}`),
  parent_id: wireId('/node'),
  selectors: selectorsOf('x:1'),
  ...fields,
});

const whole: Entry = {
  ...plain('whole', { parent_id: wireId('/spire/server'), selectors: selectorsOf('k8s:ns:a', 'k8s:sa:b') }),
  x509_svid_ttl: 60,
  jwt_svid_ttl: 30,
  federates_with: ['one.org', 'two.org'],
  admin: true,
  downstream: true,
  expires_at: '4102444800',
  dns_names: ['b.example', 'a.example'],
  store_svid: true,
  hint: 'web',
  additional_attributes: { disable_x509_svid_prefetch: false, jwt_svid_include_jti: true },
};

/** What a message shows of a field that the mask left out. */
const empty: Entry = {
  spiffe_id: null,
  parent_id: null,
  selectors: [],
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
};

/** Without the loader's own mark of an optional field that is there. */
function seen(entry: Entry | null | undefined): Entry {
  const { _additional_attributes: _, ...fields } = { _additional_attributes: undefined, ...entry };
  return fields;
}

/** What SPIRE's clients ask of entries, answered from Postgres. */
describe('lists of entries', () => {
  const endings = new Endings();
  let store: Datastore;
  let entries: Clients['entry'];
  before(async () => {
    store = await (await testDatabase(endings)).open();
    for (const name of ['one.org', 'two.org', 'three.org'])
      await store.bundles.append(TrustDomain.parse(name), {});
    entries = (await startServer(endings, { datastore: store })).admin.entry;
    const { results } = await entries.unary('BatchCreateEntry', {
      entries: [
        whole,
        plain('c', { hint: 'web', federates_with: ['one.org'] }),
        plain('a', { selectors: selectorsOf('x:1', 'x:2'), federates_with: ['two.org', 'three.org'] }),
        plain('b', {
          spiffe_id: wireId('/c'),
          parent_id: wireId('/spire/agent/join_token/t'),
          downstream: true,
        }),
      ],
    });
    for (const { status } of results) assert.equal(status?.code, 0, status?.message ?? '');
  });
  after(() => endings.end());

  const names = (found: readonly Entry[]): string => found.map(({ id }) => id).join(' ');
  const set = (match: string | number, ...texts: readonly string[]) => ({
    by_selectors: { selectors: selectorsOf(...texts), match },
  });
  const federated = (match: string | number, ...trust_domains: readonly string[]) => ({
    by_federates_with: { trust_domains, match },
  });

  const filters: readonly (readonly [object, string])[] = [
    [{}, 'whole c a b'],
    [{ by_spiffe_id: wireId('/c') }, 'c b'],
    [{ by_spiffe_id: wireId('/C') }, ''],
    [{ by_parent_id: wireId('/node') }, 'c a'],
    [{ by_parent_id: wireId('/spire/server') }, 'whole'],
    [{ by_parent_id: wireId('/spire/agent/join_token/t') }, 'b'],
    [{ by_hint: { value: 'web' } }, 'whole c'],
    [{ by_hint: { value: 'we' } }, ''],
    [{ by_downstream: { value: true } }, 'whole b'],
    [{ by_downstream: { value: false } }, 'whole c a b'],
    [{ by_downstream: {} }, 'whole c a b'],
    [set('MATCH_EXACT', 'x:1'), 'c b'],
    [set('MATCH_EXACT', 'x:2', 'x:1'), 'a'],
    [set('MATCH_SUBSET', 'x:1', 'x:2'), 'c a b'],
    [set('MATCH_SUPERSET', 'x:1'), 'c a b'],
    [set('MATCH_SUPERSET', 'k8s:ns:a'), 'whole'],
    [set('MATCH_ANY', 'x:2', 'k8s:sa:b', 'k8s:sa:b'), 'whole a'],
    [set('MATCH_ANY', 'X:1'), ''],
    [federated('MATCH_EXACT', 'one.org'), 'c'],
    [federated('MATCH_EXACT', 'spiffe://two.org', 'one.org'), 'whole'],
    [federated('MATCH_SUBSET', 'one.org', 'two.org'), 'whole c'],
    [federated('MATCH_SUPERSET', 'two.org'), 'whole a'],
    [federated('MATCH_ANY', 'three.org', 'one.org'), 'whole c a'],
    [{ ...set('MATCH_ANY', 'x:1'), by_hint: { value: 'web' } }, 'c'],
    [{ by_spiffe_id: wireId('/c'), by_parent_id: wireId('/node'), by_downstream: { value: true } }, ''],
  ];
  for (const [filter, expected] of filters) {
    it(`with filter ${JSON.stringify(filter)}: ${expected || 'none'}, counted, listed and paged alike`, async () => {
      assert.equal(names((await entries.unary('ListEntries', { filter })).entries), expected);
      const { count } = await entries.unary('CountEntries', { filter });
      assert.equal(count, expected === '' ? 0 : expected.split(' ').length);
      const paged: Entry[] = [];
      for (let page_token = ''; ; ) {
        const page = await entries.unary('ListEntries', { filter, page_size: 1, page_token });
        paged.push(...page.entries);
        assert.equal(page.next_page_token === '', page.entries.length === 0);
        page_token = String(page.next_page_token);
        if (page_token === '') break;
      }
      assert.equal(names(paged), expected);
    });
  }

  const foreign = { trust_domain: 'other.org', path: '/c' };
  const malformed: readonly (readonly [object, RegExp])[] = [
    [
      { by_spiffe_id: foreign },
      /^malformed SPIFFE ID filter: .* is not a member of trust domain "example.org"$/,
    ],
    [{ by_spiffe_id: wireId('/spire/agent/x') }, /^malformed SPIFFE ID filter: .*reserved/],
    [{ by_spiffe_id: wireId('') }, /^malformed SPIFFE ID filter: .*path is empty$/],
    [{ by_spiffe_id: {} }, /^malformed SPIFFE ID filter: trust domain is missing$/],
    [
      { by_parent_id: foreign },
      /^malformed parent ID filter: .* is not a member of trust domain "example.org"$/,
    ],
    [{ by_parent_id: wireId('') }, /^malformed parent ID filter: path is empty$/],
    [{ by_selectors: {} }, /^malformed selectors filter: empty selector set$/],
    [set(4, 'x:1'), /^malformed selectors filter: match behavior 4 is not supported$/],
    [{ by_federates_with: {} }, /^malformed federates with filter: empty trust domain set$/],
    [federated(-1, 'one.org'), /^malformed federates with filter: match behavior -1 is not supported$/],
    [federated('MATCH_ANY', 'One.org'), /^malformed federates with filter: trust domain characters/],
    [federated('MATCH_ANY', ''), /^malformed federates with filter: trust domain is missing$/],
  ];
  for (const [filter, message] of malformed) {
    it(`with filter ${JSON.stringify(filter)} are refused, and not counted`, async () => {
      for (const rpc of ['ListEntries', 'CountEntries'] as const)
        await assert.rejects(entries.unary(rpc, { filter }), { code: Code.invalidArgument, message });
    });
  }

  it('and one entry show everything without a mask, and the ID alone with an empty one', async () => {
    const { created_at, ...shown } = seen(await entries.unary('GetEntry', { id: 'whole' }));
    assert.deepEqual(shown, { ...whole, revision_number: '0' });
    assert.notEqual(created_at, '0');
    const masked = await entries.unary('GetEntry', { id: 'whole', output_mask: {} });
    assert.deepEqual(masked, { ...empty, id: 'whole' });
  });

  for (const field of [...Object.keys(empty), 'additional_attributes'] as (keyof Entry)[]) {
    it(`show ${field} and the ID with a mask of ${field}`, async () => {
      const output_mask = { [field]: true };
      const shown = seen(await entries.unary('GetEntry', { id: 'whole', output_mask }));
      const value =
        field === 'created_at' ? shown.created_at : field === 'revision_number' ? '0' : whole[field];
      assert.deepEqual(shown, { ...empty, id: 'whole', [field]: value });
      const filter = { by_parent_id: wireId('/spire/server') };
      assert.deepEqual((await entries.unary('ListEntries', { filter, output_mask })).entries.map(seen), [
        shown,
      ]);
    });
  }

  it('give all entries in one page when the page size is 0 or negative, whatever the token', async () => {
    for (const request of [
      {},
      { page_size: -1 },
      { page_size: -2_147_483_648, page_token: 'x' },
      { page_token: '9' },
    ]) {
      const { entries: found, next_page_token } = await entries.unary('ListEntries', request);
      assert.deepEqual([names(found), next_page_token], ['whole c a b', ''], JSON.stringify(request));
    }
  });

  it('refuse a page token that is none', async () => {
    for (const page_token of [
      'x',
      '-1',
      '1.5',
      ' 1',
      '0x1',
      '9223372036854775808',
      '1'.repeat(500),
      '1;drop',
      '١',
    ]) {
      await assert.rejects(entries.unary('ListEntries', { page_size: 1, page_token }), {
        code: Code.invalidArgument,
        message: 'page token is malformed',
      });
    }
  });

  it('go on after the last entry of a page although that was deleted, and keep their order when one changes', async () => {
    const page = await entries.unary('ListEntries', { page_size: 2 });
    await entries.unary('BatchUpdateEntry', {
      entries: [{ id: 'whole', hint: 'n' }],
      input_mask: { hint: true },
    });
    await entries.unary('BatchDeleteEntry', { ids: ['c'] });
    const rest = await entries.unary('ListEntries', { page_size: 5, page_token: page.next_page_token });
    assert.equal(names(rest.entries), 'a b');
    const last = await entries.unary('ListEntries', { page_size: 5, page_token: rest.next_page_token });
    assert.deepEqual(last, { entries: [], next_page_token: '' });
    assert.equal(names((await entries.unary('ListEntries', {})).entries), 'whole a b');
  });

  /** Each with a value that differs from the entry's own; the entry stays valid. */
  const changes: Entry = {
    spiffe_id: wireId('/other'),
    parent_id: wireId('/other'),
    selectors: selectorsOf('y:1'),
    x509_svid_ttl: 1,
    jwt_svid_ttl: 2,
    federates_with: ['one.org'],
    admin: true,
    downstream: true,
    expires_at: '4102444800',
    dns_names: ['c.example'],
    store_svid: true,
    hint: 'changed',
    additional_attributes: { disable_x509_svid_prefetch: false, jwt_svid_include_jti: true },
  };
  for (const [at, field] of (Object.keys(changes) as (keyof Entry)[]).entries()) {
    it(`of which one is updated with a mask of ${field} change in that and the revision alone`, async () => {
      const id = `u${at}`;
      const [made] = (await entries.unary('BatchCreateEntry', { entries: [plain(id)] })).results;
      const input_mask = { [field]: true };
      const [done] = (await entries.unary('BatchUpdateEntry', { entries: [{ id, ...changes }], input_mask }))
        .results;
      assert.deepEqual(done?.status, { code: 0, message: 'OK' });
      assert.deepEqual(seen(done?.entry), { ...made?.entry, [field]: changes[field], revision_number: '1' });
      assert.deepEqual(await entries.unary('GetEntry', { id }), done?.entry);
    });
  }

  it('of which one is updated with an empty mask change in the revision alone, and the output mask holds', async () => {
    const [made] = (await entries.unary('BatchCreateEntry', { entries: [plain('none')] })).results;
    const request = {
      entries: [{ id: 'none', ...changes, created_at: '1', revision_number: '9' }],
      input_mask: {},
    };
    const [done] = (await entries.unary('BatchUpdateEntry', request)).results;
    assert.deepEqual(done?.entry, { ...made?.entry, revision_number: '1' });
    const [masked] = (await entries.unary('BatchUpdateEntry', { ...request, output_mask: { hint: true } }))
      .results;
    assert.deepEqual(masked?.entry, { ...empty, id: 'none' });
  });
});

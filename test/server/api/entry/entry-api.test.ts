import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Entry } from '../../../../proto/gen/spire/api/types/Entry.ts';
import { Code } from '../../../../shared/errors.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import {
  type Clients,
  joinAgent,
  type RunningServer,
  startServer,
} from '../../../fakes/server-under-test.ts';

const wireId = (path: string) => ({ trust_domain: 'example.org', path });
const entry = (name: string, fields: Entry = {}): Entry => ({
  spiffe_id: wireId(`/${name}`),
  parent_id: wireId('/node'),
  selectors: [{ type: 'unix', value: `user:${name}` }],
  ...fields,
});

describe('the Entry API for administrators', () => {
  const clock = new FakeClock();
  const datastore = new FakeDatastore(clock);
  const endings = new Endings();
  let server: RunningServer;
  let entries: Clients['entry'];
  before(async () => {
    server = await startServer(endings, { datastore, clock });
    entries = server.admin.entry;
  });
  after(() => endings.end());

  const create = async (...wires: readonly Entry[]) =>
    (await entries.unary('BatchCreateEntry', { entries: [...wires] })).results;

  it('creates an entry with an id, revision 0 and the time', async () => {
    const [result] = await create(
      entry('created', { hint: 'h', dns_names: ['a.example'], x509_svid_ttl: 60 }),
    );
    assert.deepEqual(result?.status, { code: 0, message: 'OK' });
    const { id, ...rest } = result?.entry ?? { id: '' };
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, {
      ...entry('created', { hint: 'h', dns_names: ['a.example'], x509_svid_ttl: 60 }),
      jwt_svid_ttl: 0,
      federates_with: [],
      admin: false,
      downstream: false,
      store_svid: false,
      expires_at: '0',
      revision_number: '0',
      created_at: String(clock.now().getTime() / 1_000),
    });
    assert.deepEqual(await entries.unary('GetEntry', { id }), result?.entry);
  });

  it('keeps every field that a caller may set', async () => {
    const wire = entry('full', {
      id: 'full.id',
      admin: true,
      downstream: true,
      expires_at: '4102444800',
      jwt_svid_ttl: 5,
      additional_attributes: { disable_x509_svid_prefetch: true, jwt_svid_include_jti: true },
    });
    const [result] = await create(wire);
    for (const [name, value] of Object.entries(wire)) {
      assert.deepEqual(
        Object.entries(result?.entry ?? {}).find(([field]) => field === name)?.[1],
        value,
        name,
      );
    }
  });

  it('gives back a similar entry that exists, and says so', async () => {
    const [first] = await create(entry('similar'));
    const [second] = await create(entry('similar', { hint: 'other' }));
    assert.deepEqual(second?.status, { code: Code.alreadyExists, message: 'similar entry already exists' });
    assert.equal(second?.entry?.id, first?.entry?.id);
  });

  const bad: Readonly<Record<string, readonly [Entry, RegExp]>> = {
    'no SPIFFE ID': [{ ...entry('x'), spiffe_id: null }, /invalid spiffe ID: request must specify SPIFFE ID/],
    'no parent': [{ ...entry('x'), parent_id: null }, /invalid parent ID: request must specify SPIFFE ID/],
    'a reserved SPIFFE ID': [entry('spire/agent'), /invalid spiffe ID/],
    'a foreign SPIFFE ID': [
      { ...entry('x'), spiffe_id: { trust_domain: 'other', path: '/x' } },
      /invalid spiffe ID/,
    ],
    'a path with dots': [entry('a/../b'), /invalid spiffe ID: path cannot contain dot segments/],
    'no selectors': [entry('x', { selectors: [] }), /selector list is empty/],
    'a selector type with a colon': [entry('x', { selectors: [{ type: 'a:b', value: 'c' }] }), /':'/],
    'an id with a slash': [entry('x', { id: 'a/b' }), /entry ID/],
    'an id that is too long': [entry('x', { id: 'x'.repeat(256) }), /entry ID/],
    'a hint that is too long': [entry('x', { hint: 'x'.repeat(1_025) }), /hint/],
    'a negative TTL': [entry('x', { x509_svid_ttl: -1 }), /TTL/],
    'a time before 1970': [entry('x', { expires_at: '-1' }), /expiration/],
    'a time that no date can hold': [entry('x', { expires_at: '9223372036854775807' }), /expiration/],
    'a malformed trust domain': [entry('x', { federates_with: ['UPPER'] }), /invalid federated trust domain/],
  };
  for (const [what, [wire, says]] of Object.entries(bad)) {
    it(`refuses ${what}, and creates the others of the batch`, async () => {
      const [refused, created] = await create(wire, entry(`good-${what.replaceAll(' ', '-')}`));
      assert.equal(refused?.status?.code, Code.invalidArgument);
      assert.match(refused?.status?.message ?? '', /^failed to convert entry: /);
      assert.match(refused?.status?.message ?? '', says);
      assert.equal(refused?.entry, null);
      assert.equal(created?.status?.code, 0);
    });
  }

  it('says what the store refuses: an id that is taken, a bundle that is not there, a NUL', async () => {
    const [, taken, federated, nul, good] = await create(
      entry('one', { id: 'taken' }),
      entry('two', { id: 'taken' }),
      entry('three', { federates_with: ['nobody.example'] }),
      entry('four', { hint: '\0' }),
      entry('five'),
    );
    assert.equal(taken?.status?.code, Code.alreadyExists);
    assert.match(taken?.status?.message ?? '', /^failed to create entry: /);
    assert.match(
      federated?.status?.message ?? '',
      /unable to find federated bundle "spiffe:\/\/nobody.example"/,
    );
    assert.equal(nul?.status?.code, Code.invalidArgument);
    assert.equal(good?.status?.code, 0);
  });

  it('fails each item when the database is away, and tells no more than that', async () => {
    datastore.entries.failure = new Error('password=secret');
    const results = await create(entry('away'), entry('away2'));
    datastore.entries.failure = undefined;
    assert.deepEqual(
      results.map(({ status }) => status?.message),
      ['failed to create entry: internal', 'failed to create entry: internal'],
    );
  });

  const update = async (wire: Entry, input_mask?: object) =>
    (
      await entries.unary('BatchUpdateEntry', {
        entries: [wire],
        ...(input_mask === undefined ? {} : { input_mask }),
      })
    ).results[0];

  it('updates everything without a mask, and counts the revision', async () => {
    await create(entry('updated', { id: 'updated', hint: 'old', dns_names: ['a.example'] }));
    const result = await update(entry('updated', { id: 'updated', hint: 'new' }));
    assert.equal(result?.entry?.hint, 'new');
    assert.deepEqual(result?.entry?.dns_names, []);
    assert.equal(result?.entry?.revision_number, '1');
    assert.equal(
      (await update(entry('updated', { id: 'updated', hint: 'new' })))?.entry?.revision_number,
      '2',
    );
  });

  it('updates only what the mask names, and checks only that', async () => {
    await create(
      entry('masked', { id: 'masked', hint: 'old', dns_names: ['a.example'], expires_at: '4102444800' }),
    );
    const result = await update({ id: 'masked', hint: 'new' }, { hint: true, expires_at: true });
    assert.equal(result?.status?.code, 0);
    assert.equal(result?.entry?.hint, 'new');
    assert.equal(result?.entry?.expires_at, '0');
    assert.deepEqual(result?.entry?.dns_names, ['a.example']);
    assert.deepEqual(result?.entry?.spiffe_id, wireId('/masked'));
    const none = await update(
      { id: 'masked', hint: 'x', created_at: '1', revision_number: '9' },
      { revision_number: true },
    );
    assert.equal(none?.entry?.hint, 'new');
  });

  it('refuses a masked change that does not fit the rest of the entry', async () => {
    const selectors = [
      { type: 'a', value: '1' },
      { type: 'b', value: '1' },
    ];
    await create(entry('mixed', { id: 'mixed', selectors }));
    const result = await update({ id: 'mixed', store_svid: true }, { store_svid: true });
    assert.equal(result?.status?.code, Code.invalidArgument);
    assert.match(result?.status?.message ?? '', /selector types must be the same/);
  });

  it('says which updates find no entry', async () => {
    assert.deepEqual((await update(entry('x', { id: 'none' })))?.status, {
      code: Code.notFound,
      message: 'entry not found',
    });
    assert.equal((await update(entry('x')))?.status?.message, 'missing entry ID');
  });

  it('deletes, and says which ids it did not find', async () => {
    await create(entry('deleted', { id: 'deleted' }));
    const { results } = await entries.unary('BatchDeleteEntry', { ids: ['deleted', 'none', '', 'deleted'] });
    assert.deepEqual(
      results.map(({ id, status }) => [id, status?.code, status?.message]),
      [
        ['deleted', 0, 'OK'],
        ['none', Code.notFound, 'entry not found'],
        ['', Code.invalidArgument, 'missing entry ID'],
        ['deleted', Code.notFound, 'entry not found'],
      ],
    );
    await assert.rejects(entries.unary('GetEntry', { id: 'deleted' }), {
      code: Code.notFound,
      message: 'entry not found',
    });
    await assert.rejects(entries.unary('GetEntry', {}), { code: Code.invalidArgument });
  });

  it('filters by everything that SPIRE filters by', async () => {
    const selectors = ['1', '2'].map((value) => ({ type: 'f', value }));
    await create(
      entry('f1', { selectors, hint: 'fh', downstream: true, parent_id: wireId('/f') }),
      entry('f2', { selectors: selectors.slice(0, 1), parent_id: wireId('/f') }),
    );
    const found = async (filter: object): Promise<readonly (string | undefined)[]> => {
      const parent = { by_parent_id: wireId('/f') };
      const list = await entries.unary('ListEntries', { filter: { ...parent, ...filter } });
      const { count } = await entries.unary('CountEntries', { filter: { ...parent, ...filter } });
      assert.equal(count, list.entries.length);
      return list.entries.map(({ spiffe_id }) => spiffe_id?.path);
    };
    const by = (match: string) => found({ by_selectors: { selectors: selectors.slice(0, 1), match } });
    assert.deepEqual(await found({}), ['/f1', '/f2']);
    assert.deepEqual(await found({ by_spiffe_id: wireId('/f2') }), ['/f2']);
    assert.deepEqual(await found({ by_hint: { value: 'fh' } }), ['/f1']);
    assert.deepEqual(await found({ by_downstream: { value: true } }), ['/f1']);
    assert.deepEqual(await found({ by_downstream: { value: false } }), ['/f1', '/f2']);
    assert.deepEqual(await by('MATCH_EXACT'), ['/f2']);
    assert.deepEqual(await by('MATCH_SUBSET'), ['/f2']);
    assert.deepEqual(await by('MATCH_SUPERSET'), ['/f1', '/f2']);
    assert.deepEqual(await by('MATCH_ANY'), ['/f1', '/f2']);
  });

  it('names the filter that is malformed', async () => {
    const filters: readonly (readonly [object, RegExp])[] = [
      [{ by_selectors: {} }, /^malformed selectors filter: empty selector set$/],
      [{ by_federates_with: {} }, /^malformed federates with filter: empty trust domain set$/],
      [{ by_spiffe_id: wireId('x') }, /^malformed SPIFFE ID filter/],
      [{ by_parent_id: wireId('//') }, /^malformed parent ID filter/],
      [
        { by_selectors: { selectors: [{ type: 'a', value: 'b' }], match: 9 } },
        /^malformed selectors filter: .*9/,
      ],
    ];
    for (const [filter, message] of filters) {
      await assert.rejects(entries.unary('ListEntries', { filter }), { code: Code.invalidArgument, message });
    }
  });

  it('lists in the order of creation, page by page, with one empty page at the end', async () => {
    await create(...['p1', 'p2', 'p3'].map((name) => entry(name, { parent_id: wireId('/pages') })));
    const filter = { by_parent_id: wireId('/pages') };
    const page = async (page_token: string) =>
      entries.unary('ListEntries', { filter, page_size: 2, page_token });
    const first = await page('');
    const second = await page(first.next_page_token);
    const third = await page(second.next_page_token);
    assert.deepEqual(
      [first, second, third].map((each) => each.entries.map(({ spiffe_id }) => spiffe_id?.path)),
      [['/p1', '/p2'], ['/p3'], []],
    );
    assert.equal(third.next_page_token, '');
    await assert.rejects(page('x'), { code: Code.invalidArgument });
  });

  it('shows only what the output mask names, and the id', async () => {
    const [result] = (
      await entries.unary('BatchCreateEntry', {
        entries: [entry('shown', { id: 'shown' })],
        output_mask: { hint: true },
      })
    ).results;
    assert.equal(result?.entry?.id, 'shown');
    assert.equal(result?.entry?.spiffe_id, null);
    assert.deepEqual((await entries.unary('GetEntry', { id: 'shown', output_mask: {} })).selectors, []);
  });

  it('is closed to agents and to nobody in particular', async () => {
    const { identity } = await joinAgent(server);
    for (const clients of [server.connect(identity), server.connect()]) {
      await assert.rejects(clients.entry.unary('ListEntries', {}), {
        code: Code.permissionDenied,
        message: 'authorization denied for method /spire.api.server.entry.v1.Entry/ListEntries',
      });
    }
  });
});

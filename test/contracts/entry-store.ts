/** What every EntryStore does. Run on Postgres by entry-store.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BundleStore } from '../../server/bundle/bundle-store.ts';
import type { MatchBehavior } from '../../server/entries/entry-filter.ts';
import type { Entry } from '../../server/entries/entry.ts';
import type { EntryFilter, EntryStore } from '../../server/entries/entry-store.ts';
import { Code } from '../../shared/errors.ts';
import type { Ending } from '../fakes/database.ts';
import { entryGuardContract } from './entry-guard.ts';
import { createOne, created, id, newEntry, selectors, trustDomain } from './samples.ts';
import { asIs } from '../fakes/paging.ts';
import { checkListEndsWhereFull, pagesOf } from './listing.ts';

export interface EntryStores {
  readonly entries: EntryStore;
  readonly bundles: BundleStore;
}

const ALL = { pageSize: 0, pageToken: '' };

export function entryStoreContract(open: (t: Ending) => Promise<EntryStores>): void {
  creation(open);
  updateAndDelete(open);
  entryGuardContract(open);
  listing(open);
}

function creation(open: (t: Ending) => Promise<EntryStores>): void {
  test('an entry comes back with every field it was created with', async (t) => {
    const { entries, bundles } = await open(t);
    await bundles.append(trustDomain('other.org'), {});
    const entry = newEntry('web', {
      id: 'my-entry',
      selectors: selectors('k8s:ns:shop', 'unix:uid:1:2'),
      x509SvidTtlSeconds: 60,
      jwtSvidTtlSeconds: 30,
      federatesWith: [trustDomain('other.org')],
      admin: true,
      downstream: true,
      storeSvid: true,
      expiresAt: new Date('2030-01-02T03:04:05Z'),
      dnsNames: ['b.example', 'a.example'],
      hint: 'quote " backslash \\ {comma,brace} ü',
      disableX509SvidPrefetch: true,
      jwtSvidIncludeJti: true,
    });
    const made = await createOne(entries, entry);
    assert.deepEqual(made, { ...entry, revisionNumber: 0, createdAt: made.createdAt });
    assert.deepEqual(await entries.find('my-entry'), made);
  });

  test('an entry without an id gets one of its own', async (t) => {
    const { entries } = await open(t);
    const [first, second] = await entries.create([newEntry('a'), newEntry('b')]);
    assert.notEqual(created(first).id, created(second).id);
    assert.equal(await entries.find('nobody'), undefined);
  });

  test('the same SPIFFE ID, parent and selector set is similar, in any order of selectors', async (t) => {
    const { entries } = await open(t);
    const entry = newEntry('a', { selectors: selectors('x:1', 'x:2') });
    const made = await createOne(entries, entry);
    const asked = [
      { ...entry, id: 'other', hint: 'changes nothing' },
      { ...entry, selectors: selectors('x:2', 'x:1', 'x:2') },
      { ...entry, selectors: selectors('x:1') },
      { ...entry, parentId: id('/other') },
    ];
    const outcomes = await entries.create(asked);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['similar', 'similar', 'created', 'created'],
    );
    assert.deepEqual(outcomes[0], { kind: 'similar', entry: made });
  });

  test('a batch is decided as if its entries came one after another', async (t) => {
    const { entries } = await open(t);
    const outcomes = await entries.create([
      newEntry('a', { id: 'one' }),
      newEntry('a', { id: 'two' }),
      newEntry('b', { id: 'one' }),
      newEntry('c', { federatesWith: [trustDomain('unknown.org')] }),
      newEntry('c'),
    ]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['created', 'similar', 'duplicate-id', 'no-bundle', 'created'],
    );
    assert.deepEqual(outcomes[1], { kind: 'similar', entry: created(outcomes[0]) });
    assert.deepEqual(outcomes[3], { kind: 'no-bundle', trustDomain: 'unknown.org' });
    assert.equal(await entries.count({}), 2);
  });

  test('an empty batch does nothing', async (t) => {
    const { entries } = await open(t);
    assert.deepEqual(await entries.create([]), []);
    assert.deepEqual(await entries.update([]), []);
    assert.deepEqual(await entries.delete([]), []);
  });

  test('of many that create the same at once, one creates and the others find it similar', async (t) => {
    const { entries } = await open(t);
    const outcomes = (
      await Promise.all(Array.from({ length: 8 }, () => entries.create([newEntry('a')])))
    ).flat();
    assert.equal(outcomes.filter(({ kind }) => kind === 'created').length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'similar').length, 7);
    assert.equal(await entries.count({}), 1);
  });

  test('of many that create with the same id at once, one gets it', async (t) => {
    const { entries } = await open(t);
    const deeds = ['a', 'b', 'c', 'd'].map((name) => entries.create([newEntry(name, { id: 'same' })]));
    const kinds = (await Promise.all(deeds)).flat().map(({ kind }) => kind);
    assert.deepEqual(kinds.sort(), ['created', 'duplicate-id', 'duplicate-id', 'duplicate-id']);
  });

  test('text that cannot be stored is refused and nothing of the batch is written', async (t) => {
    const { entries } = await open(t);
    const bad = newEntry('b', { hint: 'nul \u0000' });
    await assert.rejects(entries.create([newEntry('a'), bad]), {
      name: 'CodedError',
      code: Code.invalidArgument,
    });
    assert.equal(await entries.count({}), 0);
  });
}

function updateAndDelete(open: (t: Ending) => Promise<EntryStores>): void {
  test('an update changes the given fields alone, and counts the revision even without a change', async (t) => {
    const { entries } = await open(t);
    const made = await createOne(entries, newEntry('a', { hint: 'old', expiresAt: new Date('2030-01-01Z') }));
    const outcomes = await entries.update([
      { id: made.id, changes: { hint: 'new', selectors: selectors('x:y') } },
      { id: 'nobody', changes: {} },
      { id: made.id, changes: { expiresAt: undefined } },
      { id: made.id, changes: {} },
    ]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['updated', 'not-found', 'updated', 'updated'],
    );
    const expected = {
      ...made,
      hint: 'new',
      selectors: selectors('x:y'),
      expiresAt: undefined,
      revisionNumber: 3,
    };
    assert.deepEqual(outcomes[3], { kind: 'updated', entry: expected });
    assert.deepEqual(await entries.find(made.id), expected);
  });

  test('an update to a trust domain without a bundle is refused and leaves the entry', async (t) => {
    const { entries } = await open(t);
    const made = await createOne(entries, newEntry('a'));
    const outcomes = await entries.update([
      { id: made.id, changes: { federatesWith: [trustDomain('no.org')] } },
    ]);
    assert.deepEqual(outcomes, [{ kind: 'no-bundle', trustDomain: 'no.org' }]);
    assert.deepEqual(await entries.find(made.id), made);
  });

  test('an update may make two entries alike, and a third is then similar to the older', async (t) => {
    const { entries } = await open(t);
    const first = await createOne(entries, newEntry('a'));
    const second = await createOne(entries, newEntry('b'));
    const { spiffeId, selectors: chosen } = first;
    await entries.update([{ id: second.id, changes: { spiffeId, selectors: chosen } }]);
    const [outcome] = await entries.create([newEntry('a')]);
    assert.deepEqual(outcome, { kind: 'similar', entry: first });
  });

  test('deleting says of each id whether it existed', async (t) => {
    const { entries } = await open(t);
    const made = await createOne(entries, newEntry('a'));
    assert.deepEqual(
      (await entries.delete([made.id, 'nobody', made.id])).map(({ kind }) => kind),
      ['deleted', 'not-found', 'not-found'],
    );
    assert.equal(await entries.find(made.id), undefined);
    await createOne(entries, newEntry('a'));
  });

  test('pruning deletes what expired before the given time', async (t) => {
    const { entries } = await open(t);
    const at = new Date('2026-06-01T00:00:00Z');
    await entries.create([
      newEntry('gone', { expiresAt: new Date(at.getTime() - 1) }),
      newEntry('now', { expiresAt: at }),
      newEntry('never'),
    ]);
    assert.equal(await entries.prune(at), 1);
    assert.equal(await entries.prune(at), 0);
    assert.equal(await entries.count({}), 2);
  });
}

function listing(open: (t: Ending) => Promise<EntryStores>): void {
  const names = (items: readonly { spiffeId: { path: string } }[]): string =>
    items.map((e) => e.spiffeId.path.slice(1)).join(' ');

  test('pages follow the order of creation and end with an empty one', async (t) => {
    const { entries } = await open(t);
    await entries.create(['e', 'd', 'c', 'b', 'a'].map((name) => newEntry(name)));
    const pages = await pagesOf<Entry>((page, show) => entries.list({}, page, show), 2);
    assert.deepEqual(pages.map(names), ['e d', 'c b', 'a', '']);
    const { items, nextPageToken } = await entries.list({}, ALL, asIs);
    assert.deepEqual([names(items), nextPageToken], ['e d c b a', '']);
    await checkListEndsWhereFull<Entry>((page, show) => entries.list({}, page, show));
  });

  for (const pageToken of ['x', '-1', '1.5', '1 or 1=1', '9223372036854775808', ' 1']) {
    test(`page token "${pageToken}" is refused`, async (t) => {
      const { entries } = await open(t);
      const listing = entries.list({}, { pageSize: 1, pageToken }, asIs);
      await assert.rejects(listing, { code: Code.invalidArgument });
    });
  }

  test('filters are exact and joined by AND', async (t) => {
    const { entries } = await open(t);
    await entries.create([
      newEntry('a', { hint: 'h', downstream: true }),
      newEntry('b', { hint: 'h', parentId: id('/other') }),
      newEntry('a', { selectors: selectors('x:y') }),
    ]);
    const table: readonly (readonly [EntryFilter, string])[] = [
      [{}, 'a b a'],
      [{ bySpiffeId: id('/a') }, 'a a'],
      [{ byParentId: id('/other') }, 'b'],
      [{ byHint: 'h' }, 'a b'],
      [{ byHint: '' }, 'a'],
      [{ byHint: 'H' }, ''],
      [{ byDownstream: true }, 'a'],
      [{ byDownstream: false }, 'a b a'],
      [{ bySpiffeId: id('/a'), byHint: 'h' }, 'a'],
      [{ bySpiffeId: id('/a'), byParentId: id('/other') }, ''],
    ];
    for (const [filter, expected] of table) {
      assert.equal(names((await entries.list(filter, ALL, asIs)).items), expected, JSON.stringify(filter));
      assert.equal(await entries.count(filter), expected === '' ? 0 : expected.split(' ').length);
    }
  });

  const sets: readonly (readonly [MatchBehavior, readonly string[], string])[] = [
    ['exact', ['x:1', 'x:2'], 'both'],
    ['exact', ['x:2', 'x:1', 'x:1'], 'both'],
    ['subset', ['x:1', 'x:2'], 'one two both'],
    ['subset', ['x:1'], 'one'],
    ['superset', ['x:1'], 'one both three'],
    ['superset', ['x:1', 'x:2'], 'both three'],
    ['any', ['x:2', 'x:9'], 'two both three'],
    ['any', ['x:9'], ''],
  ];

  test('selector filters compare sets', async (t) => {
    const { entries } = await open(t);
    await entries.create([
      newEntry('one', { selectors: selectors('x:1') }),
      newEntry('two', { selectors: selectors('x:2') }),
      newEntry('both', { selectors: selectors('x:1', 'x:2') }),
      newEntry('three', { selectors: selectors('x:1', 'x:2', 'x:3') }),
    ]);
    for (const [match, given, expected] of sets) {
      const page = await entries.list({ bySelectors: { match, selectors: selectors(...given) } }, ALL, asIs);
      assert.equal(names(page.items), expected, `${match} ${given.join()}`);
    }
  });

  test('federation filters compare sets, and no federation matches none', async (t) => {
    const { entries, bundles } = await open(t);
    const domains = (...given: readonly string[]) => given.map((text) => trustDomain(`td${text.slice(2)}`));
    for (const domain of domains('x:1', 'x:2', 'x:3')) await bundles.append(domain, {});
    await entries.create([
      newEntry('none'),
      newEntry('one', { federatesWith: domains('x:1') }),
      newEntry('two', { federatesWith: domains('x:2') }),
      newEntry('both', { federatesWith: domains('x:1', 'x:2') }),
      newEntry('three', { federatesWith: domains('x:3', 'x:2', 'x:1') }),
    ]);
    for (const [match, given, expected] of sets) {
      const byFederatesWith = { match, trustDomains: domains(...given) };
      const { items } = await entries.list({ byFederatesWith }, ALL, asIs);
      assert.equal(names(items), expected, `${match} ${given.join()}`);
    }
  });

  test('an empty set in a filter is refused', async (t) => {
    const { entries } = await open(t);
    const refusal = { name: 'CodedError', code: Code.invalidArgument, message: /empty set/ };
    await assert.rejects(entries.list({ bySelectors: { match: 'any', selectors: [] } }, ALL, asIs), refusal);
    await assert.rejects(entries.count({ byFederatesWith: { match: 'any', trustDomains: [] } }), refusal);
  });
}

/** What every FederatedBundleStore does, to bundles and to the entries that federate with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BundleStore } from '../../server/bundle/bundle-store.ts';
import type { FederatedBundleStore } from '../../server/bundle/federated-bundle-store.ts';
import type { Change, ChangeFeed, Position } from '../../server/entries/change-feed.ts';
import type { EntryStore } from '../../server/entries/entry-store.ts';
import type { Entry } from '../../server/entries/entry.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { utf8 } from '../../shared/bytes.ts';
import { Code } from '../../shared/errors.ts';
import type { Ending } from '../fakes/database.ts';
import { createOne, newEntry, trustDomain } from './samples.ts';
import { asIs } from '../fakes/paging.ts';
import { checkListEndsWhereFull } from './listing.ts';

export interface FederatedWorld {
  readonly federatedBundles: FederatedBundleStore;
  readonly bundles: BundleStore;
  readonly entries: EntryStore;
  readonly entryFeed: ChangeFeed<Entry>;
}

type Open = (t: Ending) => Promise<FederatedWorld>;

const own = trustDomain('example.org');
const [a, b] = [trustDomain('a.org'), trustDomain('b.org')];

export const foreign = (name: string, fields: Partial<Bundle> = {}): Bundle => ({
  trustDomain: trustDomain(name),
  x509Authorities: [{ certificate: utf8(`certificate of ${name}`), tainted: false }],
  jwtAuthorities: [
    { keyId: 'k', publicKey: utf8('key'), expiresAt: new Date('2026-01-01T00:00:00Z'), tainted: true },
  ],
  witAuthorities: [{ keyId: 'w', publicKey: utf8('key'), expiresAt: undefined, tainted: false }],
  refreshHintSeconds: 60,
  sequenceNumber: 7,
  ...fields,
});

/** Changes of entries since it was called. */
async function watch({ entryFeed }: FederatedWorld): Promise<() => Promise<readonly Change<Entry>[]>> {
  const position: Position = await entryFeed.snapshot(() => {});
  return async () => {
    const page = await entryFeed.changesAfter(position);
    assert.equal(page.kind, 'changes');
    return page.kind === 'changes' ? page.changes : [];
  };
}

const federating = (world: FederatedWorld, name: string, ...trustDomains: readonly string[]) =>
  createOne(world.entries, newEntry(name, { id: name, federatesWith: trustDomains.map(trustDomain) }));

export function federatedBundleStoreContract(open: Open): void {
  writing(open);
  announcing(open);
  deleting(open);
  listing(open);
}

function writing(open: Open): void {
  test('a bundle that is created is there as it was given, and no second one is', async (t) => {
    const { federatedBundles, bundles } = await open(t);
    assert.equal(await federatedBundles.create(foreign('a.org')), true);
    assert.deepEqual(await bundles.find(a), foreign('a.org'));
    assert.equal(await federatedBundles.create(foreign('a.org', { sequenceNumber: 8 })), false);
    assert.deepEqual(await bundles.find(a), foreign('a.org'));
  });

  test('of bundles that are created at once, one is', async (t) => {
    const { federatedBundles } = await open(t);
    const made = await Promise.all([1, 2, 3, 4].map(() => federatedBundles.create(foreign('a.org'))));
    assert.equal(made.filter(Boolean).length, 1);
  });

  test('a bundle is set whether there is one or not', async (t) => {
    const { federatedBundles, bundles } = await open(t);
    await federatedBundles.set(foreign('a.org'));
    assert.deepEqual(await bundles.find(a), foreign('a.org'));
    const other = foreign('a.org', { x509Authorities: [], sequenceNumber: 3, refreshHintSeconds: 0 });
    await federatedBundles.set(other);
    assert.deepEqual(await bundles.find(a), other);
    await Promise.all(
      [1, 2, 3].map((sequenceNumber) => federatedBundles.set(foreign('b.org', { sequenceNumber }))),
    );
    assert.ok([1, 2, 3].includes((await bundles.find(b))?.sequenceNumber ?? 0));
  });

  test('an update changes what it names, and only of a bundle that is there', async (t) => {
    const { federatedBundles, bundles } = await open(t);
    assert.equal(await federatedBundles.update(a, { sequenceNumber: 8 }), undefined);
    assert.equal(await bundles.find(a), undefined);
    await federatedBundles.create(foreign('a.org'));
    const changed = foreign('a.org', { sequenceNumber: 8, jwtAuthorities: [] });
    assert.deepEqual(await federatedBundles.update(a, { sequenceNumber: 8, jwtAuthorities: [] }), changed);
    assert.deepEqual(await bundles.find(a), changed);
    assert.deepEqual(await federatedBundles.update(a, {}), changed);
  });
}

function announcing(open: Open): void {
  test('a changed bundle is announced for the entries that federate with it, unchanged, and for no others', async (t) => {
    const world = await open(t);
    const { federatedBundles } = world;
    await federatedBundles.create(foreign('a.org'));
    await federatedBundles.create(foreign('b.org'));
    const entry = await federating(world, 'one', 'a.org', 'b.org');
    await federating(world, 'two', 'b.org');
    await federating(world, 'three');
    const changes = await watch(world);
    await federatedBundles.set(foreign('a.org'));
    await federatedBundles.update(a, { sequenceNumber: 7 });
    assert.deepEqual(await changes(), [], 'nothing changed');
    await federatedBundles.set(foreign('a.org', { sequenceNumber: 8 }));
    assert.deepEqual(await changes(), [{ kind: 'put', id: 'one', item: entry }]);
    const more = await watch(world);
    await federatedBundles.update(a, { refreshHintSeconds: 1 });
    assert.deepEqual(await more(), [{ kind: 'put', id: 'one', item: entry }]);
  });
}

function deleting(open: Open): void {
  const populated = async (t: Ending): Promise<FederatedWorld> => {
    const world = await open(t);
    await world.federatedBundles.create(foreign('a.org'));
    await world.federatedBundles.create(foreign('b.org'));
    await federating(world, 'both', 'a.org', 'b.org');
    await federating(world, 'one', 'a.org');
    await federating(world, 'none');
    return world;
  };

  test('a bundle that nothing federates with is deleted in every mode, and none that is not there', async (t) => {
    const world = await open(t);
    for (const mode of ['restrict', 'delete', 'dissociate'] as const) {
      await world.federatedBundles.create(foreign('a.org'));
      const changes = await watch(world);
      assert.deepEqual(await world.federatedBundles.delete(a, mode), { kind: 'deleted' });
      assert.equal(await world.bundles.find(a), undefined);
      assert.deepEqual(await world.federatedBundles.delete(a, mode), { kind: 'not-found' });
      assert.deepEqual(await changes(), []);
    }
  });

  test('entries restrict the deletion, and are counted', async (t) => {
    const world = await populated(t);
    assert.deepEqual(await world.federatedBundles.delete(a, 'restrict'), {
      kind: 'restricted',
      entryCount: 2,
    });
    assert.deepEqual(await world.bundles.find(a), foreign('a.org'));
  });

  test('entries are deleted with the bundle, on the feed', async (t) => {
    const world = await populated(t);
    const changes = await watch(world);
    assert.deepEqual(await world.federatedBundles.delete(a, 'delete'), { kind: 'deleted' });
    assert.deepEqual(byId(await changes()), [
      { kind: 'delete', id: 'both' },
      { kind: 'delete', id: 'one' },
    ]);
    assert.equal(await world.entries.find('one'), undefined);
    assert.ok(await world.entries.find('none'));
    assert.deepEqual(await world.bundles.find(b), foreign('b.org'));
  });

  test('entries are parted from the bundle, under a new revision, on the feed', async (t) => {
    const world = await populated(t);
    const [both, one] = [await world.entries.find('both'), await world.entries.find('one')];
    const changes = await watch(world);
    assert.deepEqual(await world.federatedBundles.delete(a, 'dissociate'), { kind: 'deleted' });
    assert.deepEqual(byId(await changes()), [
      { kind: 'put', id: 'both', item: { ...both, federatesWith: [b], revisionNumber: 1 } },
      { kind: 'put', id: 'one', item: { ...one, federatesWith: [], revisionNumber: 1 } },
    ]);
    assert.equal((await world.entries.find('none'))?.revisionNumber, 0);
  });
}

const byId = (changes: readonly Change<Entry>[]): readonly Change<Entry>[] =>
  changes.toSorted((one, other) => (one.id < other.id ? -1 : 1));

function listing(open: Open): void {
  test('bundles are listed by age without the own one, page by page', async (t) => {
    const { federatedBundles, bundles } = await open(t);
    await federatedBundles.create(foreign('c.org'));
    await bundles.append(own, { x509: [] });
    await federatedBundles.create(foreign('a.org'));
    await federatedBundles.create(foreign('b.org'));
    await federatedBundles.set(foreign('c.org', { sequenceNumber: 8 }));
    const namesOf = (items: readonly Bundle[]) => items.map((bundle) => bundle.trustDomain.name);
    const all = await federatedBundles.list(own, { pageSize: 0, pageToken: '' }, asIs);
    assert.deepEqual(namesOf(all.items), ['c.org', 'a.org', 'b.org']);
    assert.equal(all.nextPageToken, '');
    assert.deepEqual(all.items[1], foreign('a.org'));
    const first = await federatedBundles.list(own, { pageSize: 2, pageToken: '' }, asIs);
    const second = await federatedBundles.list(own, { pageSize: 2, pageToken: first.nextPageToken }, asIs);
    const third = await federatedBundles.list(own, { pageSize: 2, pageToken: second.nextPageToken }, asIs);
    assert.deepEqual(
      [first, second, third].map(({ items }) => namesOf(items)),
      [['c.org', 'a.org'], ['b.org'], []],
    );
    assert.equal(third.nextPageToken, '');
    await checkListEndsWhereFull<Bundle>((page, show) => federatedBundles.list(own, page, show));
    await assert.rejects(federatedBundles.list(own, { pageSize: 2, pageToken: 'x' }, asIs), {
      code: Code.invalidArgument,
    });
  });
}

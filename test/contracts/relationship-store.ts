/** What every RelationshipStore does. Run on Postgres and on the fake by relationship-store.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BundleStore } from '../../server/bundle/bundle-store.ts';
import type { RelationshipStore, WithBundle } from '../../server/federation/relationship-store.ts';
import type { Relationship } from '../../server/federation/relationship.ts';
import { Code } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Ending } from '../fakes/database.ts';
import { foreign } from './federated-bundle-store.ts';
import { trustDomain } from './samples.ts';
import { asIs } from '../fakes/paging.ts';
import { checkListEndsWhereFull } from './listing.ts';

interface RelationshipWorld {
  readonly relationships: RelationshipStore;
  readonly bundles: BundleStore;
}

const web = (name: string): Relationship => ({
  trustDomain: trustDomain(name),
  bundleEndpointUrl: `https://${name}/bundle`,
  profile: { kind: 'https_web' },
});
const spiffe = (name: string): Relationship => ({
  ...web(name),
  profile: { kind: 'https_spiffe', endpointSpiffeId: SpiffeId.parse(`spiffe://${name}/spire/server`) },
});
const a = trustDomain('a.org');

export function relationshipStoreContract(open: (t: Ending) => Promise<RelationshipWorld>): void {
  test('a relationship is there as it was created, once, with the bundle of its trust domain', async (t) => {
    const { relationships, bundles } = await open(t);
    assert.equal(await relationships.find(a), undefined);
    const [relationship, bundle] = [spiffe('a.org'), undefined];
    assert.equal(await relationships.create({ relationship, bundle }), true);
    assert.deepEqual(await relationships.find(a), { relationship, bundle });
    assert.equal(await relationships.create({ relationship: web('a.org'), bundle: foreign('a.org') }), false);
    assert.deepEqual(await relationships.find(a), { relationship, bundle });
    assert.equal(await bundles.find(a), undefined, 'a refusal stores no bundle');
    await relationships.create({ relationship: web('b.org'), bundle: foreign('b.org') });
    assert.deepEqual(await bundles.find(trustDomain('b.org')), foreign('b.org'));
    const found = { relationship: web('b.org'), bundle: foreign('b.org') };
    assert.deepEqual(await relationships.find(trustDomain('b.org')), found);
  });

  test('of relationships that are created at once, one is', async (t) => {
    const { relationships } = await open(t);
    const create = () => relationships.create({ relationship: web('a.org'), bundle: foreign('a.org') });
    assert.equal((await Promise.all([create(), create(), create()])).filter(Boolean).length, 1);
  });

  test('an update changes what it names', async (t) => {
    const { relationships, bundles } = await open(t);
    assert.equal(await relationships.update(a, { bundle: foreign('a.org') }), undefined);
    assert.equal(await bundles.find(a), undefined);
    await relationships.create({ relationship: spiffe('a.org'), bundle: foreign('a.org') });
    const bundleEndpointUrl = 'https://other/';
    assert.deepEqual(await relationships.update(a, { bundleEndpointUrl }), {
      relationship: { ...spiffe('a.org'), bundleEndpointUrl },
      bundle: foreign('a.org'),
    });
    const { profile } = web('a.org');
    const bundle = foreign('a.org', { sequenceNumber: 8 });
    const changed = { relationship: { ...web('a.org'), bundleEndpointUrl }, bundle };
    assert.deepEqual(await relationships.update(a, { profile, bundle }), changed);
    assert.deepEqual(await relationships.find(a), changed);
    assert.deepEqual(await relationships.update(a, {}), changed);
  });

  test('a deleted relationship leaves the bundle', async (t) => {
    const { relationships, bundles } = await open(t);
    assert.equal(await relationships.delete(a), false);
    await relationships.create({ relationship: web('a.org'), bundle: foreign('a.org') });
    assert.equal(await relationships.delete(a), true);
    assert.equal(await relationships.find(a), undefined);
    assert.deepEqual(await bundles.find(a), foreign('a.org'));
  });

  test('relationships are listed by age, page by page', async (t) => {
    const { relationships } = await open(t);
    await relationships.create({ relationship: web('c.org'), bundle: undefined });
    await relationships.create({ relationship: spiffe('a.org'), bundle: foreign('a.org') });
    await relationships.create({ relationship: web('b.org'), bundle: undefined });
    const page = (pageSize: number, pageToken = '') => relationships.list({ pageSize, pageToken }, asIs);
    const all = await page(0);
    assert.deepEqual(
      all.items.map(({ relationship, bundle }) => [relationship.trustDomain.name, bundle !== undefined]),
      [
        ['c.org', false],
        ['a.org', true],
        ['b.org', false],
      ],
    );
    assert.equal(all.nextPageToken, '');
    await checkListEndsWhereFull<WithBundle>((wanted, show) => relationships.list(wanted, show));
    const first = await page(2);
    const second = await page(2, first.nextPageToken);
    assert.deepEqual([...first.items, ...second.items], all.items);
    assert.deepEqual(await page(2, second.nextPageToken), { items: [], nextPageToken: '' });
    await assert.rejects(page(2, 'x'), { code: Code.invalidArgument });
  });
}

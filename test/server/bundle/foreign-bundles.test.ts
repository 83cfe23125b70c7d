import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForeignBundles } from '../../../server/bundle/foreign-bundles.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { unavailable } from '../../../shared/errors.ts';
import { trustDomain } from '../../contracts/samples.ts';
import { foreign } from '../../contracts/federated-bundle-store.ts';
import { FakeClock } from '../../fakes/clock.ts';

const a = trustDomain('a.org');

/** A store that counts its readings, and an index that moves on. */
async function world() {
  const clock = new FakeClock();
  const store = {
    stored: foreign('a.org') as Bundle | undefined,
    failure: undefined as Error | undefined,
    reads: 0,
    hint: (): void => {},
    find: async (): Promise<Bundle | undefined> => {
      store.reads += 1;
      if (store.failure !== undefined) throw store.failure;
      return store.stored;
    },
    onHint: (listener: () => void) => {
      store.hint = listener;
      return () => void (store.hint = () => {});
    },
  };
  const changes = { position: { n: 1 } };
  const bundles = new ForeignBundles({ bundles: store, changes, clock });
  await bundles.start();
  return { clock, store, changes, bundles };
}

test('a bundle is read once for many who ask within a second', async () => {
  const { clock, store, bundles } = await world();
  const found = await Promise.all([1, 2, 3].map(() => bundles.find(a)));
  assert.deepEqual(found, [store.stored, store.stored, store.stored]);
  await clock.advance(999);
  await bundles.find(a);
  assert.equal(store.reads, 1);
  await clock.advance(1);
  await bundles.find(a);
  assert.equal(store.reads, 2);
});

test('it is read again after a hint, and where entries have changed since', async () => {
  const { store, changes, bundles } = await world();
  await bundles.find(a);
  store.stored = foreign('a.org', { sequenceNumber: 8 });
  store.hint();
  assert.equal((await bundles.find(a))?.sequenceNumber, 8);
  store.stored = foreign('a.org', { sequenceNumber: 9 });
  changes.position.n += 1;
  assert.equal((await bundles.find(a))?.sequenceNumber, 9);
});

test('what is not there, or could not be read, is asked for anew', async () => {
  const { store, bundles } = await world();
  store.stored = undefined;
  assert.equal(await bundles.find(a), undefined);
  store.failure = unavailable('away');
  await assert.rejects(bundles.find(a), store.failure);
  store.failure = undefined;
  store.stored = foreign('a.org');
  assert.deepEqual(await bundles.find(a), store.stored);
  assert.equal(store.reads, 3);
});

test('what is held has a bound, and hints end with it', async () => {
  const { store, bundles } = await world();
  for (let at = 0; at <= 1_000; at += 1) await bundles.find(trustDomain(`td${at}.org`));
  await bundles.find(trustDomain('td0.org'));
  assert.equal(store.reads, 1_002, 'the first was given up');
  await bundles.stop();
  store.hint();
  await bundles.find(trustDomain('td0.org'));
  assert.equal(store.reads, 1_002);
});

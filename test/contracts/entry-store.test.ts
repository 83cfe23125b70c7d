import { describe } from 'node:test';
import { FakeBundleStore } from '../fakes/bundle-store.ts';
import { FakeClock } from '../fakes/clock.ts';
import { testDatabase } from '../fakes/database.ts';
import { FakeEntryStore } from '../fakes/entry-store.ts';
import { entryStoreContract } from './entry-store.ts';

describe('entries in Postgres', () => {
  entryStoreContract(async (t) => (await testDatabase(t)).open());
});

describe('fake entries', () => {
  entryStoreContract(async () => {
    const bundles = new FakeBundleStore();
    return { bundles, entries: new FakeEntryStore({ clock: new FakeClock(), bundles }) };
  });
});

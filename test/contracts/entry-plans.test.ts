import { describe } from 'node:test';
import { FakeBundleStore } from '../fakes/bundle-store.ts';
import { FakeClock } from '../fakes/clock.ts';
import { testDatabase } from '../fakes/database.ts';
import { FakeEntryPlans } from '../fakes/entry-plans.ts';
import { FakeEntryStore } from '../fakes/entry-store.ts';
import { entryPlansContract } from './entry-plans.ts';

describe('plans of entries in Postgres', () => {
  entryPlansContract(async (t) => (await testDatabase(t)).open());
});

describe('plans of fake entries', () => {
  entryPlansContract(async () => {
    const bundles = new FakeBundleStore();
    const entries = new FakeEntryStore({ clock: new FakeClock(), bundles });
    return { bundles, entries, entryFeed: entries.feed, plans: new FakeEntryPlans(entries) };
  });
});

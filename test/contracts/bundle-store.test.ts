import { describe } from 'node:test';
import { FakeBundleStore } from '../fakes/bundle-store.ts';
import { testDatabase } from '../fakes/database.ts';
import { bundleStoreContract } from './bundle-store.ts';

describe('bundles in Postgres', () => {
  bundleStoreContract(async (t) => (await (await testDatabase(t)).open()).bundles);
});

describe('fake bundles', () => {
  bundleStoreContract(async () => new FakeBundleStore());
});

import { describe } from 'node:test';
import { FakeClock } from '../fakes/clock.ts';
import { testDatabase } from '../fakes/database.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { federatedBundleStoreContract } from './federated-bundle-store.ts';

describe('bundles of other trust domains in Postgres', () => {
  federatedBundleStoreContract(async (t) => (await testDatabase(t)).open());
});

// FakeFederatedBundleStore among the fakes that it works on.
describe('fake bundles of other trust domains', () => {
  federatedBundleStoreContract(async () => new FakeDatastore(new FakeClock()));
});

import { describe } from 'node:test';
import { FakeClock } from '../fakes/clock.ts';
import { testDatabase } from '../fakes/database.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { relationshipStoreContract } from './relationship-store.ts';

describe('federation relationships in Postgres', () => {
  relationshipStoreContract(async (t) => (await testDatabase(t)).open());
});

// FakeRelationshipStore among the fakes that it works on.
describe('fake federation relationships', () => {
  relationshipStoreContract(async () => new FakeDatastore(new FakeClock()));
});

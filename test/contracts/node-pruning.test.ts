import { describe } from 'node:test';
import { FakeClock } from '../fakes/clock.ts';
import { testDatabase } from '../fakes/database.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { nodePruningContract } from './node-pruning.ts';

describe('pruning of nodes in Postgres', () => {
  nodePruningContract(async (t) => (await testDatabase(t)).open());
});

/** FakeNodePruning, with the stores that it prunes. */
describe('fake pruning of nodes', () => {
  nodePruningContract(async () => new FakeDatastore(new FakeClock()));
});

import { testDatabase } from '../fakes/database.ts';
import { nodeStoreContract } from './node-store.ts';

nodeStoreContract(async (t) => (await testDatabase(t)).open());

import { testDatabase } from '../fakes/database.ts';
import { entryStoreContract } from './entry-store.ts';

entryStoreContract(async (t) => (await testDatabase(t)).open());

import { describe } from 'node:test';
import { testDatabase } from '../fakes/database.ts';
import { FakeJournalStore } from '../fakes/journal-store.ts';
import { journalStoreContract } from './journal-store.ts';

describe('journals in Postgres', () => {
  journalStoreContract(async (t) => (await (await testDatabase(t)).open()).journals);
});

describe('fake journals', () => {
  journalStoreContract(async () => new FakeJournalStore());
});

import { describe } from 'node:test';
import { FakeClock } from '../fakes/clock.ts';
import { testDatabase } from '../fakes/database.ts';
import { FakeEntryStore } from '../fakes/entry-store.ts';
import { FakeJoinTokenStore } from '../fakes/join-token-store.ts';
import { joinTokenStoreContract } from './join-token-store.ts';

describe('join tokens in Postgres', () => {
  joinTokenStoreContract(async (t) => (await testDatabase(t)).open());
});

describe('fake join tokens', () => {
  joinTokenStoreContract(async () => {
    const entries = new FakeEntryStore({ clock: new FakeClock() });
    return { entries, joinTokens: new FakeJoinTokenStore(entries) };
  });
});

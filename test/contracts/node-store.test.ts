import { describe } from 'node:test';
import { FakeClock } from '../fakes/clock.ts';
import { testDatabase } from '../fakes/database.ts';
import { FakeEntryStore } from '../fakes/entry-store.ts';
import { FakeJoinTokenStore } from '../fakes/join-token-store.ts';
import { FakeNodeStore } from '../fakes/node-store.ts';
import { nodeStoreContract } from './node-store.ts';

describe('nodes in Postgres', () => {
  nodeStoreContract(async (t) => (await testDatabase(t)).open());
});

describe('fake nodes', () => {
  nodeStoreContract(async () => {
    const entries = new FakeEntryStore({ clock: new FakeClock() });
    const joinTokens = new FakeJoinTokenStore(entries);
    return { entries, joinTokens, nodes: new FakeNodeStore({ joinTokens, entries }) };
  });
});

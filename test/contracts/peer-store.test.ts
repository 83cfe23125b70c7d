import { describe } from 'node:test';
import { FakeClock } from '../fakes/clock.ts';
import { testDatabase } from '../fakes/database.ts';
import { FakePeerStore } from '../fakes/peer-store.ts';
import { peerStoreContract } from './peer-store.ts';

describe('live servers in Postgres', () => {
  peerStoreContract(async (t) => {
    const tests = await testDatabase(t);
    const [one, two] = [await tests.open({}), await tests.open({})];
    const database = tests.database();
    t.after(() => database.close());
    const age = async (): Promise<void> => {
      await database.transaction('read committed', (tx) =>
        tx.query(`update servers set seen_at = seen_at - interval '6 seconds'`),
      );
    };
    return { one: one.peers, two: two.peers, age };
  });
});

describe('fake live servers', () => {
  peerStoreContract(async () => {
    const clock = new FakeClock();
    const store = new FakePeerStore(clock);
    return { one: store, two: store, age: () => clock.advance(6_000) };
  });
});

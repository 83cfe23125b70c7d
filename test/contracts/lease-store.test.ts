import { describe } from 'node:test';
import { systemRandom } from '../../shared/random.ts';
import { FakeClock } from '../fakes/clock.ts';
import { testDatabase } from '../fakes/database.ts';
import { FakeLeaseStore } from '../fakes/lease-store.ts';
import { leaseStoreContract } from './lease-store.ts';

describe('leases in Postgres', () => {
  leaseStoreContract(async (t) => {
    const tests = await testDatabase(t);
    const [one, two] = [
      await tests.open({ random: systemRandom }),
      await tests.open({ random: systemRandom }),
    ];
    const database = tests.database();
    t.after(() => database.close());
    const runOut = async (name: string): Promise<void> => {
      await database.transaction('read committed', (tx) =>
        tx.query('update leases set expires_at = now() where name = $1', [name]),
      );
    };
    return { one: one.leases, two: two.leases, runOut };
  });
});

describe('fake leases', () => {
  leaseStoreContract(async () => {
    const one = new FakeLeaseStore(new FakeClock());
    return {
      one,
      two: new FakeLeaseStore(new FakeClock(), 'two', one),
      runOut: async (name) => one.runOut(name),
    };
  });
});

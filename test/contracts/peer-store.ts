/** What every PeerStore does. Run on Postgres and on the fake by peer-store.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerStore } from '../../server/cluster/peer-store.ts';
import type { Ending } from '../fakes/database.ts';

export interface PeerStores {
  /** Of two servers. */
  readonly one: PeerStore;
  readonly two: PeerStore;
  /** As when nobody said anything for a while. */
  age(): Promise<void>;
}

const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';

export function peerStoreContract(open: (t: Ending) => Promise<PeerStores>): void {
  test('tells who lives, by what each said last', async (t) => {
    const { one, two } = await open(t);
    assert.deepEqual(await one.live(), []);
    await one.beat({ id: A, knownSequence: 3 });
    await two.beat({ id: B, knownSequence: 0 });
    await one.beat({ id: A, knownSequence: 4 });
    const both = [
      { id: A, knownSequence: 4 },
      { id: B, knownSequence: 0 },
    ];
    assert.deepEqual(await one.live(), both);
    assert.deepEqual(await two.live(), both);
  });

  test('forgets who left, and who has been silent', async (t) => {
    const { one, two, age } = await open(t);
    await one.beat({ id: A, knownSequence: 1 });
    await two.beat({ id: B, knownSequence: 1 });
    await one.leave(A);
    assert.deepEqual(await two.live(), [{ id: B, knownSequence: 1 }]);
    await age();
    assert.deepEqual(await one.live(), []);
    await two.beat({ id: B, knownSequence: 2 });
    assert.deepEqual(await one.live(), [{ id: B, knownSequence: 2 }]);
    await one.leave(A);
  });
}

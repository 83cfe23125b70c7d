/** What every LeaseStore does. Run on Postgres and on the fake by lease-store.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fence, LeaseStore, Taken } from '../../server/housekeeping/lease-store.ts';
import type { Ending } from '../fakes/database.ts';

export interface LeaseStores {
  /** Of two servers. */
  readonly one: LeaseStore;
  readonly two: LeaseStore;
  /** As when the holder has been gone for long. */
  runOut(name: string): Promise<void>;
}

const NOW = new Date('2026-01-01T00:00:00Z');
const REST_MS = 60_000;
const later = (ms: number): Date => new Date(NOW.getTime() + ms);
const asked = (now = NOW, name = 'sweep') => ({ name, now, restMs: REST_MS });

function fenceOf(taken: Taken): Fence {
  if (typeof taken === 'string') assert.fail(taken);
  return taken;
}

export function leaseStoreContract(open: (t: Ending) => Promise<LeaseStores>): void {
  test('one server takes a lease, the others are told that it is held; other leases are free', async (t) => {
    const { one, two } = await open(t);
    const fence = fenceOf(await one.take(asked()));
    assert.equal(fence.name, 'sweep');
    assert.equal(await two.take(asked()), 'held');
    assert.equal(await one.take(asked()), 'held', 'the holder itself does nothing twice at a time');
    fenceOf(await two.take(asked(NOW, 'other')));
  });

  test('what was done rests for everybody, by their own clocks, and then whoever comes first does it', async (t) => {
    const { one, two } = await open(t);
    await one.end(fenceOf(await one.take(asked())), NOW);
    assert.equal(await one.take(asked(later(REST_MS - 1))), 'rested');
    assert.equal(await two.take(asked(later(REST_MS - 1))), 'rested');
    assert.equal(await two.take(asked(later(1 - REST_MS))), 'rested', 'a clock that is behind');
    await two.end(fenceOf(await two.take(asked(later(REST_MS)))), later(REST_MS));
    assert.equal(await one.take(asked(later(REST_MS))), 'rested');
    fenceOf(await one.take(asked(later(-REST_MS)))); // a clock that was hours ahead must not stop it for hours
  });

  test('what was given up is free at once', async (t) => {
    const { one, two } = await open(t);
    await one.end(fenceOf(await one.take(asked())), undefined);
    fenceOf(await two.take(asked()));
  });

  test('the lease of a server that is gone runs out, and what it comes back to is another’s', async (t) => {
    const { one, two, runOut } = await open(t);
    const lost = fenceOf(await one.take(asked()));
    await runOut('sweep');
    const held = fenceOf(await two.take(asked()));
    assert.notDeepEqual(held, lost);
    await one.end(lost, NOW);
    assert.equal(await one.take(asked()), 'held');
    await two.end(held, undefined);
    fenceOf(await one.take(asked())); // it was not done: what the lost one said of that counts for nothing
  });

  test('of many who ask at once one gets it', async (t) => {
    const { one, two } = await open(t);
    const all = await Promise.all(Array.from({ length: 10 }, (_, at) => (at % 2 ? one : two).take(asked())));
    assert.equal(all.filter((taken) => typeof taken !== 'string').length, 1);
    assert.equal(all.filter((taken) => taken === 'held').length, 9);
  });
}

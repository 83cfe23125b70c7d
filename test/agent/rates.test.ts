import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Rates } from '../../agent/rates.ts';
import { FakeClock } from '../fakes/clock.ts';

describe('rates', () => {
  it('let a burst through, then as many as a second brings, for each user apart', async () => {
    const clock = new FakeClock(new Date(0));
    const rates = new Rates({ perSecond: 2, burst: 3 }, clock);
    const take = (uid: number, times: number) => Array.from({ length: times }, () => rates.take(uid));
    assert.deepEqual(take(1, 5), [0, 0, 0, undefined, undefined]);
    assert.deepEqual(take(2, 1), [0]);
    await clock.advance(500);
    assert.deepEqual(take(1, 2), [2, undefined]);
    await clock.advance(59_500);
    assert.deepEqual(take(1, 4), [1, 0, 0, undefined]);
    clock.jump(new Date(0)); // a clock that is set brings nothing, and keeps nobody waiting
    assert.deepEqual(take(1, 1), [undefined]);
    await clock.advance(1_000);
    assert.deepEqual(take(1, 1), [2]);
  });

  it('forget users that have been quiet', async () => {
    const clock = new FakeClock(new Date(0));
    const rates = new Rates({ perSecond: 1, burst: 1 }, clock);
    for (let uid = 0; uid < 1_000; uid += 1) rates.take(uid);
    await clock.advance(1_000);
    rates.take(1_000);
    assert.equal(rates.size, 1);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hintedDelayMs } from '../../agent/retry-delay.ts';
import { unavailable } from '../../shared/errors.ts';
import { FakeRandom } from '../fakes/random.ts';

const random = new FakeRandom();
const delayOf = (retryAfterMs: number): number =>
  hintedDelayMs(unavailable('busy', { retryAfterMs }), random);

test('nobody comes before the server said, and no two at the same time', () => {
  const delays = Array.from({ length: 20 }, () => delayOf(4_000));
  assert.ok(delays.every((ms) => ms >= 4_000 && ms <= 6_000));
  assert.ok(new Set(delays).size > 15);
});

test('a server that says nothing, or nonsense, delays nobody; one that says too much is not believed', () => {
  for (const error of [undefined, new Error('x'), unavailable('away')])
    assert.equal(hintedDelayMs(error, random), 0);
  for (const hint of [0, -1, Number.NaN]) assert.equal(delayOf(hint), 0);
  assert.ok(delayOf(1e12) <= 90_000);
});

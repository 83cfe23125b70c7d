import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../shared/backoff.ts';
import type { Random } from '../../shared/random.ts';

/** In the middle, so that jitter moves nothing. */
const steady: Random = { bytes: (count) => new Uint8Array(count), uuid: () => '', fraction: () => 0.5 };

test('delays grow by the factor up to the limit, and begin again when told', () => {
  const backoff = new Backoff(steady, { initialMs: 100, maxMs: 500, factor: 2 });
  assert.deepEqual(
    [backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next()],
    [100, 200, 400, 500, 500],
  );
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test('jitter stays within its share, both ways', () => {
  const at = (fraction: number) =>
    new Backoff({ ...steady, fraction: () => fraction }, { initialMs: 100, maxMs: 100, jitter: 0.1 }).next();
  assert.ok(Math.abs(at(0) - 90) < 1e-9);
  assert.ok(at(0.999) < 110 && at(0.999) > 109);
});

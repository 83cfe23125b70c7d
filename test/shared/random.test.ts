import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jittered, systemRandom } from '../../shared/random.ts';

test('moves a value by up to its share', () => {
  const at = (fraction: number): number => jittered({ ...systemRandom, fraction: () => fraction }, 100, 0.2);
  assert.equal(at(0), 80);
  assert.equal(at(0.5), 100);
});

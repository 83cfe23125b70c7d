import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jittered, systemRandom } from '../../shared/random.ts';

test('gives as many bytes as asked for, small and large, never the same ones twice', () => {
  for (const count of [0, 1, 16, 2_048, 2_049, 20_000]) assert.equal(systemRandom.bytes(count).length, count);
  const many = Array.from({ length: 2_000 }, () => Buffer.from(systemRandom.bytes(16)).toString('hex'));
  assert.equal(new Set(many).size, many.length);
});

test('what was given is the caller’s own: later bytes do not overwrite it', () => {
  const first = systemRandom.bytes(16);
  const copy = first.slice();
  for (let i = 0; i < 2_000; i++) systemRandom.bytes(16);
  assert.deepEqual(first, copy);
});

test('fractions lie in [0, 1)', () => {
  for (let i = 0; i < 1_000; i++) {
    const fraction = systemRandom.fraction();
    assert.ok(fraction >= 0 && fraction < 1);
  }
});

test('UUIDs are version 4', () => {
  assert.match(systemRandom.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('moves a value by up to its share', () => {
  const at = (fraction: number): number => jittered({ ...systemRandom, fraction: () => fraction }, 100, 0.2);
  assert.equal(at(0), 80);
  assert.equal(at(0.5), 100);
});

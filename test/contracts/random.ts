/** What every source of randomness promises (shared/random.ts), but that nobody can guess it: that is the system's alone. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Random } from '../../shared/random.ts';

export function randomContract(make: () => Random): void {
  it('gives as many bytes as asked for, small and large, and not the same ones twice', () => {
    const random = make();
    for (const count of [0, 1, 16, 2_048, 2_049, 20_000]) assert.equal(random.bytes(count).length, count);
    const many = Array.from({ length: 1_000 }, () => Buffer.from(random.bytes(16)).toString('hex'));
    assert.equal(new Set(many).size, many.length);
  });

  it('gives bytes that are the caller’s own', () => {
    const random = make();
    const first = random.bytes(16);
    const copy = first.slice();
    for (let at = 0; at < 1_000; at += 1) random.bytes(16).fill(0);
    assert.deepEqual(first, copy);
  });

  it('gives UUIDs of version 4, each another', () => {
    const random = make();
    const many = Array.from({ length: 1_000 }, () => random.uuid());
    for (const uuid of many)
      assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(new Set(many).size, many.length);
  });

  it('gives fractions from 0 up to, not including, 1, spread evenly', () => {
    const random = make();
    const many = Array.from({ length: 4_000 }, () => random.fraction());
    assert.ok(many.every((one) => one >= 0 && one < 1));
    const tenths = Array.from(
      { length: 10 },
      (_, at) => many.filter((one) => Math.floor(one * 10) === at).length,
    );
    // 400 each, with a deviation of 19: ten times as much is not chance
    assert.ok(
      tenths.every((count) => Math.abs(count - 400) < 190),
      tenths.join(),
    );
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stamped } from '../../../server/entries/tombstones.ts';
import { Tombstones } from '../../../server/entries/tombstones.ts';

test('keeps an emptied part for its number, up to a bound, after which the newest number holds for all', () => {
  const forgotten: Stamped[] = [];
  const tombstones = new Tombstones<Stamped>((part) => forgotten.push(part));
  tombstones.add({ changedAt: 0 });
  assert.equal(forgotten.length, 1, 'one that never changed is forgotten at once');
  const revived = { changedAt: 99_999 };
  tombstones.add(revived);
  tombstones.revive(revived);
  for (let n = 1; n <= 10_000; n += 1) tombstones.add({ changedAt: n });
  assert.deepEqual([forgotten.length, tombstones.floor], [1, 0]);
  tombstones.add({ changedAt: 7 });
  assert.deepEqual([forgotten.length, tombstones.floor], [10_002, 10_000]);
  assert.ok(!forgotten.includes(revived));
});

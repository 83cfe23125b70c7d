import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  activateAfter,
  activationMarginMs,
  followedSoonAfter,
  prepareAfter,
  takeOverAfter,
} from '../../../server/ca/rotation.ts';
import { HOUR_MS } from './ca-testbed.ts';

const DAY_MS = 24 * HOUR_MS;
const at = (ms: number): Date => new Date(Date.parse('2026-01-01T00:00:00Z') + ms);
const lifeOf = (ms: number) => ({ validFrom: at(-10_000), expiresAt: at(ms) });

/** Lifetime, prepare after, activate after: from SPIRE's thresholds min(L/2, 30 d) and min(L/6, 7 d) before the end. */
const thresholds: readonly (readonly [string, number, number, number])[] = [
  ['24 h, the default', 24 * HOUR_MS, 12 * HOUR_MS, 20 * HOUR_MS],
  ['a minute', 60_000, 30_000, 50_000],
  ['1 h', HOUR_MS, HOUR_MS / 2, (HOUR_MS * 5) / 6],
  ['42 d, where both limits begin', 42 * DAY_MS, 21 * DAY_MS, 35 * DAY_MS],
  ['60 d', 60 * DAY_MS, 30 * DAY_MS, 53 * DAY_MS],
  ['90 d', 90 * DAY_MS, 60 * DAY_MS, 83 * DAY_MS],
  ['10 y', 3_650 * DAY_MS, 3_620 * DAY_MS, 3_643 * DAY_MS],
];
for (const [name, lifeMs, prepareMs, activateMs] of thresholds) {
  test(`an authority of ${name} is followed in time`, () => {
    const active = lifeOf(lifeMs);
    assert.deepEqual(prepareAfter(active, lifeMs), at(prepareMs));
    assert.deepEqual(followedSoonAfter(active), at(prepareMs));
    assert.deepEqual(activateAfter(active, at(prepareMs), 0), at(activateMs));
    assert.deepEqual(takeOverAfter(active), at(activateMs));
    assert.equal(activationMarginMs(lifeMs), lifeMs - activateMs);
  });
}

/** Life of the active one, of its successor, when that is prepared: as long ahead as if its own kind were followed. */
const unlike: readonly (readonly [string, number, number, number])[] = [
  ['a year, by one of 24 h', 365 * DAY_MS, 24 * HOUR_MS, 358 * DAY_MS - 8 * HOUR_MS],
  ['12 d, by one of 24 h', 12 * DAY_MS, 24 * HOUR_MS, 10 * DAY_MS - 8 * HOUR_MS],
  ['a year, by one of 90 d', 365 * DAY_MS, 90 * DAY_MS, 335 * DAY_MS],
  ['24 h, by one of a year', 24 * HOUR_MS, 365 * DAY_MS, 12 * HOUR_MS],
];
for (const [name, lifeMs, successorLifeMs, prepareMs] of unlike) {
  test(`an authority of ${name} is followed by one that has most of its life before it`, () => {
    assert.deepEqual(prepareAfter(lifeOf(lifeMs), successorLifeMs), at(prepareMs));
  });
}

/** Of 24 h: published at, refresh hint, activated after. The plain threshold is 20 h, the last moment 22 h. */
const published: readonly (readonly [string, number, number, number])[] = [
  ['long ago', 12, 300, 20],
  ['five refreshes before the threshold', 20 - 25 / 60, 300, 20],
  ['at the threshold', 20, 300, 20 + 25 / 60],
  ['after it', 21, 300, 21 + 25 / 60],
  ['at the threshold, with no hint', 20, 0, 20 + 25 / 60],
  ['when too little is left to wait', 21.9, 300, 22],
  ['very late', 23.9, 300, 22],
  ['at the threshold, to be fetched hourly', 20, 3_600, 22],
];
for (const [name, publishedHours, hintSeconds, activateHours] of published) {
  test(`an authority published ${name} takes over when those who poll can know it, or half its margin is gone`, () => {
    const after = activateAfter(lifeOf(24 * HOUR_MS), at(publishedHours * HOUR_MS), hintSeconds);
    assert.deepEqual(after, at(activateHours * HOUR_MS));
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationText, timeText } from '../../../shared/cli/time-text.ts';

describe('a time', () => {
  for (const [time, text] of [
    [new Date('2026-01-31T12:00:00.900Z'), '2026-01-31 12:00:00 +0000 UTC'],
    ['0', '1970-01-01 00:00:00 +0000 UTC'],
    ['253402300799', '9999-12-31 23:59:59 +0000 UTC'],
    ['9223372036854775807', '9223372036854775807 (Unix seconds)'],
  ] as const) {
    it(`is printed as Go prints it: ${text}`, () => assert.equal(timeText(time), text));
  }
});

describe('a duration', () => {
  for (const [ms, text] of [
    [0, '0ms'],
    [0.12345, '0.123ms'],
    [4, '4ms'],
    [999.4, '999.4ms'],
    [1_000, '1s'],
    [1_391.163, '1.391s'],
    [60_000, '1m0s'],
    [3_600_000, '1h0m0s'],
    [5_430_250, '1h30m30.25s'],
  ] as const) {
    it(`is printed as Go prints it: ${text}`, () => assert.equal(durationText(ms), text));
  }
});

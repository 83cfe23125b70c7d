/** Durations in Go's notation. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatDuration, parseDurationSeconds } from '../../../shared/config/duration.ts';

describe('parseDurationSeconds', () => {
  const valid: readonly (readonly [string, number])[] = [
    ['10s', 10],
    ['1h30m', 5_400],
    ['500ms', 0.5],
    ['1.5h', 5_400],
    ['.5s', 0.5],
    ['5.s', 5],
    ['0', 0],
    ['-2m', -120],
    ['+3s', 3],
    ['100us', 0.000_1],
    ['100µs', 0.000_1],
    ['100μs', 0.000_1],
    ['7ns', 7e-9],
    ['720h', 2_592_000],
    ['1m1m', 120],
  ];
  for (const [text, seconds] of valid) {
    test(`reads ${text}`, () => assert.equal(parseDurationSeconds(text), seconds));
  }

  for (const text of [
    '',
    '10',
    's',
    '1 h',
    '1d',
    '1H',
    '.s',
    '-',
    '1h-1m',
    '1e3s',
    `${'1s'.repeat(40)}`,
    '3000000h',
  ]) {
    test(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseDurationSeconds(text), /duration/));
  }
});

describe('formatDuration', () => {
  for (const [seconds, text] of [
    [0, '0s'],
    [10, '10s'],
    [5_400, '1h30m'],
    [3_605, '1h5s'],
    [0.25, '250ms'],
    [1.5, '1.5s'],
    [-60, '-1m'],
  ] as const) {
    test(`writes ${text}`, () => {
      assert.equal(formatDuration(seconds), text);
      assert.equal(parseDurationSeconds(text), seconds);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Flags } from '../../../shared/cli/flag.ts';
import { timeoutMsOf } from '../../../shared/cli/timeout.ts';
import { timeoutFlag } from '../../../shared/cli/timeout-flag.ts';

const given = (text?: string): number =>
  timeoutMsOf(new Flags([timeoutFlag('30s')], new Map(text === undefined ? [] : [['timeout', [text]]])));

describe('-timeout', () => {
  it('is a duration, with a default', () => {
    assert.deepEqual([given(), given('1ns'), given('500ms'), given('24h')], [30_000, 1, 500, 86_400_000]);
  });

  for (const text of ['0', '0s', '-1s', '25h']) {
    it(`is not ${text}`, () =>
      assert.throws(() => given(text), {
        message: `-timeout must be above 0 and at most 24h, not "${text}"`,
      }));
  }

  it('is not a word', () => assert.throws(() => given('soon'), /^Error: -timeout "soon": not a duration/));
});

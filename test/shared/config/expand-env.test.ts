/** Environment variables in configurations, as Go's os.ExpandEnv replaces them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expandEnv } from '../../../shared/config/expand-env.ts';

const environment = { HOME: '/root', A_1: 'one', '1': 'first', 'a b': 'spaced', DOLLAR: '$HOME' };

describe('expandEnv', () => {
  const table: readonly (readonly [string, string])[] = [
    ['no names', 'no names'],
    ['$HOME', '/root'],
    ['${HOME}', '/root'],
    ['x${HOME}y$A_1', 'x/rooty' + 'one'],
    ['$HOMEx', ''],
    ['$HOME-x', '/root-x'],
    ['${a b}', 'spaced'],
    ['$1x', 'firstx'],
    ['$DOLLAR', '$HOME'],
    ['a$', 'a$'],
    ['$ a', '$ a'],
    ['$"', '$"'],
    ['${}x', 'x'],
    ['${HOME', 'HOME'],
    ['$$', ''],
    ['$__proto__', ''],
    ['é$HOMEé', 'é/rooté'],
  ];
  for (const [text, expected] of table) {
    test(`turns ${JSON.stringify(text)} into ${JSON.stringify(expected)}`, () => {
      assert.equal(expandEnv(text, environment).text, expected);
    });
  }

  test('names what the environment lacks, each once', () => {
    assert.deepEqual(expandEnv('$NO ${NO} $HOME ${NOR}', environment).missing, ['NO', 'NOR']);
  });

  test('ends on a text of open braces', () => {
    assert.equal(expandEnv('${'.repeat(200_000), environment).text, '');
  });
});

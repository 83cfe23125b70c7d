/** The JSON reader: the same tree as HCL's. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from '../../../shared/config/parse-config.ts';
import { plain } from './plain.ts';

const read = (text: string): unknown => plain(parseConfig('x.json', text));

describe('JSON configuration', () => {
  test('reads objects, lists and values', () => {
    const text = ' {"a": {"b": [1, -2.5e1, "x\\u0041", true, {}]}, "n": null, "a": []}\n';
    assert.deepEqual(read(text), [
      ['a', [['b', [1, -25, 'xA', true, []]]]],
      ['a', []],
    ]);
  });

  const faults: readonly (readonly [string, string])[] = [
    ['{"a": 1,}', '1:9: expected a key in quotes, found "}"'],
    ['{"a" 1}', '1:6: expected ":" after the key, found "1"'],
    ['{"a": 01}', '1:8: expected "," or "}", found "1"'],
    ['{"a": "x\n"}', '1:7: the text is never closed, or has a line break in it'],
    ['{"a": "\\q"}', '1:7: unknown escape or control character in a text'],
    ['{"a": yes}', '1:7: expected a value, found a bare word'],
    ['{"a": [null]}', '1:8: null is no element of a list'],
    ['{"a": 1e999}', '1:7: the number is too large'],
    ['{"a": [1', '1:7: the bracket is never closed'],
    ['{} {}', '1:4: expected the end of the file, found "{"'],
  ];
  for (const [text, expected] of faults) {
    test(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => read(text), { message: `x.json:${expected}` }));
  }

  test('refuses what is nested too deep', () => {
    assert.throws(() => read(`{"a":${'['.repeat(100)}`), /nested deeper than 64/);
  });
});

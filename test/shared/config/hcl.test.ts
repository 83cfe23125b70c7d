/** The HCL 1 reader: what it makes of each form, and where it says that something is wrong. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigFaults } from '../../../shared/config/faults.ts';
import { parseHcl } from '../../../shared/config/hcl.ts';
import type { ConfigNode } from '../../../shared/config/node.ts';
import { plain } from './plain.ts';

const read = (text: string): unknown => plain(parseHcl('x.conf', text));
const valueOf = (text: string): unknown => read(`k = ${text}`);

describe('HCL values', () => {
  const values: readonly (readonly [string, unknown])[] = [
    ['"a"', 'a'],
    ['""', ''],
    ['"tab\\tquote\\"back\\\\"', 'tab\tquote"back\\'],
    ['"\\101\\x41\\u0041\\U0001F600"', 'AAA😀'],
    ['"${var.name} $x $"', '${var.name} $x $'],
    ['"a ${lookup("k", {a = "b"})} z"', 'a ${lookup("k", {a = "b"})} z'],
    ['"${"\\n"}"', '${"\\n"}'],
    ['"#no // comment /* */"', '#no // comment /* */'],
    ['true', true],
    ['false', false],
    ['0', 0],
    ['-7', -7],
    ['0x1F', 31],
    ['0755', 493],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['1e3', 1_000],
    ['2.5E-1', 0.25],
    ['[]', []],
    ['[1, "a", true,]', [1, 'a', true]],
    ['[\n1,\n# c\n2\n]', [1, 2]],
    ['[[1], {a = 1}]', [[1], [['a', 1]]]],
    [
      '{a = 1, b = 2}',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    ['<<EOF\none\n  two\nEOF', 'one\n  two\n'],
    ['<<EOF\nEOF', ''],
    ['<<-EOF\n    one\n      two\n    EOF\n', 'one\n  two\n'],
    ['<<-EOF\n  one\n    EOF\n', '  one\n'],
    ['<<EOF\n${a} "q" \\n\nEOF\n', '${a} "q" \\n\n'],
  ];
  for (const [text, expected] of values) {
    test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(valueOf(text), [['k', expected]]));
  }
});

describe('HCL objects', () => {
  const files: readonly (readonly [string, unknown])[] = [
    ['', []],
    ['\uFEFF# only a comment', []],
    ['a {}', [['a', []]]],
    ['a = {}', [['a', []]]],
    ['"a" "b" { c = 1 }', [['a', 'b', [['c', 1]]]]],
    ['a b "c" {}', [['a', 'b', 'c', []]]],
    [
      'a = 1 b = 2',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    [
      'a = 1, b = 2,',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    [
      'a = 1\r\nb = 2\r\n',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    [
      'a{}a{}',
      [
        ['a', []],
        ['a', []],
      ],
    ],
    ['a.b-c_1 = 1', [['a.b-c_1', 1]]],
    ['é = 1', [['é', 1]]],
    ['a /* x */ = // y\n 1 # z', [['a', 1]]],
    ['__proto__ { constructor = 1 }', [['__proto__', [['constructor', 1]]]]],
  ];
  for (const [text, expected] of files) {
    test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(read(text), expected));
  }

  test('keeps the place of keys and values', () => {
    const [item] = parseHcl('x.conf', '\n  a "b" {\n\tc = 1\n}').items;
    const inner: ConfigNode | undefined = item?.value;
    assert.deepEqual(item?.at, { source: 'x.conf', line: 2, column: 3 });
    assert.deepEqual(inner?.at, { source: 'x.conf', line: 2, column: 9 });
    assert.ok(inner?.kind === 'object');
    assert.deepEqual(inner.items[0]?.value.at, { source: 'x.conf', line: 3, column: 6 });
  });
});

describe('HCL faults', () => {
  const faults: readonly (readonly [string, string])[] = [
    ['a', '1:2: expected "=" or "{" after "a", found the end of the file'],
    ['a b', '1:4: expected "=" or "{" after "a", found the end of the file'],
    ['= 1', '1:1: expected a key, found "="'],
    ['}', '1:1: expected a key, found "}"'],
    ['a = ', '1:5: expected a value, found the end of the file'],
    ['a = "x\n"', '1:5: the text is never closed'],
    ['a = "${x"', '1:5: the text is never closed'],
    ['a = "${x\\', '1:5: the text is never closed'],
    ['a = "\\xff"', '1:6: unknown escape in a text'],
    ['a = "\\ud800"', '1:6: the escape names no Unicode character'],
    ['a = "\\U00110000"', '1:6: the escape names no Unicode character'],
    ['a = [1 2]', '1:8: expected "," or "]" in a list, found "2"'],
    ['a = [1', '1:5: "[" is never closed'],
    ['a = [,]', '1:6: expected a value, found ","'],
    ['a = 0x', '1:5: not a number; text and durations stand in quotes'],
    ['a = 1.2.3', '1:5: not a number; text and durations stand in quotes'],
    ['a = 1e999', '1:5: not a number; text and durations stand in quotes'],
    ['a = -', '1:5: not a number; text and durations stand in quotes'],
    ['a = <<\nx\n', '1:5: a heredoc begins with "<<" and a word that ends the line'],
    ['a = 5f3c-11', '1:5: not a number; text and durations stand in quotes'],
    ['a = yes', '1:5: expected a value, found a bare word; text stands in quotes'],
    ['a = \0', '1:5: expected a value, found "\\u0000"'],
  ];
  for (const [text, expected] of faults) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => read(text),
        (error) => error instanceof ConfigFaults && error.message === `x.conf:${expected}`,
      );
    });
  }

  const bounds: readonly (readonly [string, string, RegExp])[] = [
    ['a file over a mebibyte', ' '.repeat(1_048_577), /longer than 1048576/],
    ['lists nested too deep', `a = ${'['.repeat(200)}`, /nested deeper than 64/],
    ['blocks nested too deep', 'a {'.repeat(200), /nested deeper than 64/],
    ['too many values', 'a=1 '.repeat(60_000), /more than 100000 values/],
    ['too many labels', `a ${'b '.repeat(200_000)}{}`, /more than 100000 values/],
  ];
  for (const [name, text, expected] of bounds) {
    test(`refuses ${name}`, () => assert.throws(() => read(text), expected));
  }
});

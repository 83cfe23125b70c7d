/** Patterns beside JavaScript's own: the same verdict on every text; and no text is anything but a pattern or refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../shared/errors.ts';
import { LinearPattern } from '../../shared/linear-pattern.ts';

const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '^', '$', '\\.', ''),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}'))
      .map(([a, count]) => `(${a})${count}`),
  ),
}));

test('says what JavaScript says', () => {
  const text = fc.array(fc.constantFrom('a', 'b', '1', '.'), { maxLength: 8 }).map((chars) => chars.join(''));
  const property = fc.property(pattern, text, (source, tried) => {
    assert.equal(LinearPattern.parse(source).isMatch(tried), new RegExp(source).test(tried), source);
  });
  fc.assert(property, { numRuns: 500 });
});

test('any text is a pattern, or refused', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '*',
    '+',
    '?',
    '|',
    '^',
    '$',
    '\\',
    '-',
    ',',
    '1',
    'a',
    ':',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join('')),
  );
  const property = fc.property(texts, (source) => {
    try {
      LinearPattern.parse(source).isMatch('a1');
    } catch (error) {
      assert.ok(error instanceof CodedError, String(error));
    }
  });
  fc.assert(property, { numRuns: 500 });
});

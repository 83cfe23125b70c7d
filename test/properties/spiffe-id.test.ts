import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

/** SPIFFE-ID 2 once more, as one expression: the strict reading. */
const GRAMMAR = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.\.?(?:\/|$))[a-zA-Z0-9._-]+)*$/;
const isValid = (text: string): boolean => text.length <= 2_048 && GRAMMAR.test(text) && !text.includes('\n');

const near = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '.',
        '..',
        'a',
        'Z',
        '9',
        '-',
        '_',
        '%41',
        ':',
        '@',
        '?',
        '#',
        '\n',
        '\u212a',
        '\u017f',
        ' ',
      ),
      fc.string({ maxLength: 2 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => `spiffe://${parts.join('')}`);
const valid = fc.stringMatching(/^spiffe:\/\/[a-z0-9._-]{1,20}(\/[a-zA-Z0-9_-]{1,10}){0,5}$/);
const anything = fc.oneof(fc.string({ unit: 'binary' }), near, valid);

test('an ID is accepted when the grammar says so, and only then, and is written as it was read', () => {
  fc.assert(
    fc.property(anything, (text) => {
      if (isValid(text)) {
        const id = SpiffeId.parse(text);
        assert.equal(id.toString(), text);
        assert.ok(id.equals(SpiffeId.of(id.trustDomain, id.path)));
      } else {
        assert.throws(() => SpiffeId.parse(text), CodedError);
      }
    }),
    { numRuns: 3_000 },
  );
});

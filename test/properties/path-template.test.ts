/** Agent path templates on generated and random text: text stands as it is, fields become their values, nothing else is thrown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../shared/errors.ts';
import { PathTemplate } from '../../shared/path-template.ts';

const KNOWN = { fields: ['Name', 'A.B'], maps: ['Tags'] };

const literal = fc.string({ maxLength: 12 }).filter((text) => !/[{}]/.test(text));
const space = fc.stringMatching(/^[ \t]{0,3}$/);
const action = fc.record({
  before: space,
  after: space,
  field: fc.constantFrom('.Name', '.A.B', '.Tags.k', 'index .Tags "k"'),
  pipe: fc.constantFrom('', ' | lower', ' | upper'),
});

test('text stands as it is, and each action as what its field holds', () => {
  const property = fc.property(
    fc.array(fc.tuple(action, literal), { maxLength: 6 }),
    fc.string(),
    fc.string(),
    (parts, name, other) => {
      const values = new Map([
        ['Name', name],
        ['A.B', other],
      ]);
      const all = new Map<string, string | ReadonlyMap<string, string>>([
        ...values,
        ['Tags', new Map([['k', 'v']])],
      ]);
      const text = parts
        .map(([{ before, after, field, pipe }, rest]) => `{{${before}${field}${pipe}${after}}}${rest}`)
        .join('');
      const expected = parts
        .map(([{ field, pipe }, rest]) => {
          const value = values.get(field.slice(1)) ?? 'v';
          const piped =
            pipe === '' ? value : pipe.includes('lower') ? value.toLowerCase() : value.toUpperCase();
          return piped + rest;
        })
        .join('');
      assert.equal(PathTemplate.parse(`/${text}`, KNOWN).fill(all), `/${expected}`);
    },
  );
  fc.assert(property);
});

test('any text is a template, or refused with a reason', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '-',
    ' ',
    '.Name',
    '|',
    '(',
    ')',
    '"',
    '`',
    'lower',
    '/*',
    '*/',
    '\\',
    '1',
    '/',
    'x',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 20 }).map((pieces) => `/{{${pieces.join('')}}}`),
  );
  const property = fc.property(texts, (text) => {
    try {
      const filled = PathTemplate.parse(text, KNOWN).fill(
        new Map([
          ['Name', 'n'],
          ['A.B', 'b'],
        ]),
      );
      assert.equal(typeof filled, 'string');
    } catch (error) {
      assert.ok(error instanceof CodedError, String(error));
    }
  });
  fc.assert(property, { numRuns: 500 });
});

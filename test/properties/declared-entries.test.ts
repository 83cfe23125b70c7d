/** Entries as files: what is exported is read back as it was, and there is nothing to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import { textOfWire, wireOfText } from '../../server/cli/declared/entry-text.ts';
import { isEmpty, planOf } from '../../server/cli/declared/plan.ts';
import { printDeclared } from '../../server/cli/declared/print.ts';
import { parseDeclared } from '../../server/cli/declared/read.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { ConfigFaults } from '../../shared/config/faults.ts';

/** Texts that mean something else in YAML, and such as nobody writes. */
const odd = fc.oneof(
  fc.constantFrom(
    'yes',
    'No',
    'null',
    '~',
    '1e3',
    '0x1',
    '007',
    '.5',
    '- x',
    'a: b',
    '#x',
    '&a',
    '*a',
    '!t',
    '"',
    "'",
    '|',
    '>',
    '%',
  ),
  fc.constantFrom(
    'a #b',
    ' x',
    'x ',
    'x\n',
    '\u2028',
    '\u007f',
    '\ufeff',
    '\u0000',
    '{',
    '[',
    '?',
    '@',
    '`',
    '2026-01-01',
    'x:',
  ),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);
const id = fc.stringMatching(/^[a-zA-Z0-9._-]{1,10}$/).filter((text) => text !== '.' && text !== '..');
const path = fc.array(id, { minLength: 1, maxLength: 3 }).map((segments) => `/${segments.join('/')}`);
const wireId = path.map((text) => ({ trust_domain: 'td', path: text }));
const ttl = fc.oneof(fc.constant(0), fc.nat(2_147_483_647));

const entries: fc.Arbitrary<readonly EntryOutput[]> = fc.uniqueArray(
  fc
    .record({
      id: fc.oneof(id, fc.constantFrom('1', '1e3', 'true', 'null', '-')),
      spiffe_id: wireId,
      parent_id: wireId,
      selectors: fc.uniqueArray(fc.record({ type: fc.constantFrom('unix', '1', '-', 'y'), value: odd }), {
        minLength: 1,
        maxLength: 4,
        selector: ({ type, value }) => `${type}:${value}`,
      }),
      x509_svid_ttl: ttl,
      jwt_svid_ttl: ttl,
      federates_with: fc.uniqueArray(fc.constantFrom('a.org', 'b', '1', 'true'), { maxLength: 3 }),
      admin: fc.boolean(),
      downstream: fc.boolean(),
      expires_at: fc.nat(2_000_000_000).map(String),
      dns_names: fc.uniqueArray(fc.constantFrom('a.example', '*.b.example', 'no', '1'), { maxLength: 3 }),
      revision_number: fc.nat(5).map(String),
      store_svid: fc.boolean(),
      hint: fc.oneof(fc.constant(''), odd),
      created_at: fc.nat(5).map(String),
      more: fc.option(
        fc.record({ disable_x509_svid_prefetch: fc.boolean(), jwt_svid_include_jti: fc.boolean() }),
      ),
    })
    .map(({ more, ...rest }) => (more === null ? rest : { ...rest, additional_attributes: more })),
  { maxLength: 6, selector: (entry) => entry.id },
);

for (const format of ['yaml', 'json'] as const)
  for (const withIds of [true, false])
    test(`what is exported as ${format}, with${withIds ? '' : 'out'} IDs, is what is applied: there is nothing to do`, () => {
      fc.assert(
        fc.property(entries, (given) => {
          const shapes = new Set(
            given.map(({ spiffe_id, parent_id }) => JSON.stringify([spiffe_id, parent_id])),
          );
          fc.pre(shapes.size === given.length); // the server has no similar ones either
          const texts = given.map(textOfWire).map((text) => (withIds ? text : { ...text, id: '' }));
          const declared = parseDeclared('f', [...printDeclared(texts, format)].join(''));
          assert.deepEqual(declared.entries, texts);
          const plan = planOf(declared, given, false);
          assert.ok(isEmpty(plan));
          assert.equal(plan.unchanged.length, given.length);
        }),
      );
    });

test('an entry comes back from the form that is sent', () => {
  fc.assert(
    fc.property(entries, (given) => {
      for (const entry of given.map(textOfWire)) {
        const sent = wireOfText(entry);
        const back = textOfWire({ ...(sent as EntryOutput), expires_at: String(sent.expires_at) });
        assert.deepEqual(back, entry);
      }
    }),
  );
});

test('any text is read, or refused with a place', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          'entries',
          'scope',
          ':',
          ' ',
          '\n',
          '- ',
          '[',
          ']',
          '{',
          '}',
          '"',
          'a:b',
          '&a',
          '*a',
          '!',
          '|',
          '#',
          ',',
          '1',
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      try {
        parseDeclared('f', given);
      } catch (error) {
        assert.ok(error instanceof ConfigFaults || error instanceof UsageError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

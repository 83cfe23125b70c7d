/** The configuration readers on generated, random and mutated text: round trip, and nothing but faults with a place. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { loadAgentConfig } from '../../agent/config.ts';
import { loadServerConfig } from '../../server/config.ts';
import { ConfigFaults } from '../../shared/config/faults.ts';
import { parseConfig } from '../../shared/config/parse-config.ts';
import { plain } from '../shared/config/plain.ts';

const VALID = join(import.meta.dirname, '../vectors/config/valid');

/** What `plain` gives: a value, and how to write it down in HCL. */
interface Written {
  readonly plain: unknown;
  readonly text: string;
}

const braced = (object: Written): Written => ({ plain: object.plain, text: `{ ${object.text}\n}` });

const blank = fc.constantFrom(' ', '\n', '\t', '\r\n', ' # c\n', ' // c\n', '/* c */', '/*\n*/ ');

/** Quotes a text with every character that could mean something written as an escape. */
const quote = (text: string): string =>
  `"${[...text].map((char) => (/[\w .]/.test(char) || char > '\x9f' ? char : `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`)).join('')}"`;

const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((value) => ({ plain: value, text: quote(value) }));
const name = fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,5}$/);
const key = fc.oneof(
  name.map((value) => ({ plain: value, text: value })),
  text,
);
const number = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => (value === 0 ? 0 : value))
  .map((value) => ({ plain: value, text: String(value) }));
const bool = fc.boolean().map((value) => ({ plain: value, text: String(value) }));

const { object } = fc.letrec<{ object: Written; list: Written; value: Written; item: Written }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, text, number, bool, tie('list'), tie('object').map(braced)),
  list: fc.tuple(fc.array(tie('value'), { maxLength: 4 }), blank).map(([items, gap]) => ({
    plain: items.map((item) => item.plain),
    text: `[${gap}${items.map((item) => item.text).join(`${gap},${gap}`)}${gap}]`,
  })),
  item: fc.oneof(
    fc.tuple(key, blank, tie('value')).map(([k, gap, value]) => ({
      plain: [k.plain, value.plain],
      text: `${k.text}${gap}=${gap}${value.text}`,
    })),
    fc.tuple(key, fc.array(key, { maxLength: 2 }), tie('object')).map(([k, labels, body]) => ({
      plain: [k.plain, ...labels.map((label) => label.plain), body.plain],
      text: `${[k, ...labels].map((part) => part.text).join(' ')} ${braced(body).text}`,
    })),
  ),
  object: fc.tuple(fc.array(tie('item'), { maxLength: 4 }), blank).map(([items, gap]) => ({
    plain: items.map((item) => item.plain),
    text: items.map((item) => item.text).join(`${gap} `),
  })),
}));

/** Runs the deed; anything that it throws must be faults with places. */
function survives(deed: () => unknown): void {
  try {
    deed();
  } catch (error) {
    assert.ok(error instanceof ConfigFaults, String(error));
    assert.ok(error.faults.length > 0 && error.faults.length <= 100);
    for (const { at } of error.faults) assert.ok(at.line >= 1 && at.column >= 1);
  }
}

function survivesEverywhere(source: string): void {
  survives(() => parseConfig('x', source, 'hcl'));
  survives(() => parseConfig('x', source, 'json'));
  const readFile = (): string => source;
  survives(() => loadServerConfig({ path: 'x', text: source, readFile }));
  survives(() => loadAgentConfig({ path: 'x', text: source, readFile }));
}

describe('configuration readers', () => {
  test('read back what was written', () => {
    fc.assert(
      fc.property(object, (written) => {
        assert.deepEqual(plain(parseConfig('x', `#\n${written.text}`, 'hcl')), written.plain);
      }),
      { numRuns: 300 },
    );
  });

  test('read JSON as JSON.parse does', () => {
    const hasNoNull = (value: unknown): boolean => !JSON.stringify(value).includes('null');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })).filter(hasNoNull), (value) => {
        assert.deepEqual(
          plain(parseConfig('x', JSON.stringify(value), 'json')),
          asPlain(JSON.parse(JSON.stringify(value))),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('survive random text made of telling parts', () => {
    const part = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '=',
      ',',
      '"',
      '\\',
      '$',
      '${',
      '<<A\n',
      '<<-A\n',
      'A\n',
      '\n',
      '#',
      '//',
      '/*',
      '*/',
      ' ',
      '-',
      '.',
      '0x',
      '1e',
      '9',
      'true',
      'server',
      'agent',
      'plugins',
      'KeyManager',
      '"disk"',
      'plugin_data',
      'trust_domain',
      'null',
      ':',
      '\uFEFF',
      '\0',
      '\ud800',
      'é',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 60 }), (parts) =>
        survivesEverywhere(parts.join('')),
      ),
      { numRuns: 1_500 },
    );
  });

  test('survive good files with pieces cut, doubled and replaced', () => {
    const files = readdirSync(VALID).map((file) => readFileSync(join(VALID, file), 'utf8'));
    const piece = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom('"', '{', '}', '\n', '=', 'server {', '-1', '"1h"', '[]', '{}'),
    );
    const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(20), put: piece });
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(edit, { minLength: 1, maxLength: 5 }),
        (file, edits) => {
          survivesEverywhere(edits.reduce(applied, file));
        },
      ),
      { numRuns: 800 },
    );
  });

  test('end on large texts that repeat what could be costly', () => {
    const costly = [
      '{',
      '[',
      'a{',
      'a ',
      'a=[',
      '"',
      '"${',
      '"${{',
      '\\',
      '/*',
      '/',
      '#',
      '<<A\n',
      '<<A\nA',
      '\n',
      '0',
      '1.',
      'a="',
      '$',
      '\r',
      '{"a":',
      'é',
      '-',
    ];
    for (const part of costly) {
      const repeated = part.repeat(Math.floor(200_000 / part.length));
      for (const source of [
        repeated,
        `"${repeated}`,
        `a = "\${${repeated}`,
        `a = <<A\n${repeated}`,
        `{"a": "${repeated}`,
      ])
        survivesEverywhere(source);
    }
    survivesEverywhere(Array.from({ length: 50_000 }, (_, index) => `bind_addres${index} = 1`).join('\n'));
    survivesEverywhere(
      `server {\n${Array.from({ length: 30_000 }, () => 'trust_domain = "A"').join('\n')}\n}`,
    );
  });
});

const applied = (file: string, edit: { at: number; cut: number; put: string }): string => {
  const at = Math.floor(edit.at * file.length);
  return file.slice(0, at) + edit.put + file.slice(at + edit.cut);
};

function asPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asPlain);
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([k, inner]) => [k, asPlain(inner)]);
  return value;
}

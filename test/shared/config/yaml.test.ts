import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigNode } from '../../../shared/config/node.ts';
import { parseYaml } from '../../../shared/config/yaml.ts';
import { faultsOf } from './faults-of.ts';

/** Values without their places. */
function plain(node: ConfigNode): unknown {
  if (node.kind === 'list') return node.items.map(plain);
  if (node.kind === 'object') return node.items.map(({ key, value }) => [key, plain(value)]);
  return node.value;
}

test('values are read as YAML 1.2 has them, keys that are given twice among them', () => {
  const text = `
a: text
b: [1, 0x10, 1.5, true, no, "7", null, ~]
c:
  - d: |
      two
      lines
  -
a: again
`;
  assert.deepEqual(plain(parseYaml('f', text)), [
    ['a', 'text'],
    ['b', [1, 16, 1.5, true, 'no', '7', '', '']],
    ['c', [[['d', 'two\nlines\n']], '']],
    ['a', 'again'],
  ]);
});

test('every value knows its place', () => {
  const { items } = parseYaml('f', 'a: 1\nb:\n  - x\n  - {c: yes}\n');
  const [, b] = items;
  assert.deepEqual(b?.at, { source: 'f', line: 2, column: 1 });
  assert.ok(b?.value.kind === 'list');
  assert.deepEqual(
    b.value.items.map(({ at }) => `${at.line}:${at.column}`),
    ['3:5', '4:5'],
  );
});

const nested = (times: number): string => `a: ${'['.repeat(times)}${']'.repeat(times)}`;

const faulty: Readonly<Record<string, readonly [string, RegExp]>> = {
  'no YAML': ['a: [1', /^f:1:\d+: /],
  'nothing at all': ['', /^f:1:1: the text must hold an object/],
  'a list': ['- a', /^f:1:1: the text must hold an object/],
  'several documents': ['a: 1\n---\nb: 2', /^f:2:1: .*multiple documents/],
  'an alias': ['a: b\nc: *x', /^f:2:4: aliases are not taken/],
  'an anchor': ['a: &x b', /^f:1:\d+: tags and anchors are not taken/],
  'an anchored list': ['a: &x [b]', /^f:1:\d+: tags and anchors are not taken/],
  'a tag': ['a: !!binary aGk=', /^f:1:\d+: tags and anchors are not taken/],
  'a tag that nobody knows': ['a: !x b', /^f:1:4: Unresolved tag/],
  'a key that is no text': ['1: b', /^f:1:1: a key must be text/],
  'a key that is a list': ['[a]: b', /^f:1:1: a key must be text/],
  'values that lie deep': [nested(30), /^f:1:24: values are nested deeper than 20/],
  'values that lie deeper than a stack': [nested(20_000), /^f:1:\d+: /],
  'keys that lie deeper than a stack': ['{a: '.repeat(10_000), /^f:1:\d+: /],
  'a bomb': [
    `a: &a [x,x,x]\n${Array.from({ length: 20 }, (_, at) => `b${at}: &b${at} [*a,*a,*a]`).join('\n')}`,
    /^f:1:\d+: tags and anchors are not taken/,
  ],
};

for (const [name, [text, message]] of Object.entries(faulty))
  test(`${name}: is refused with its place`, () => {
    const [first, ...more] = faultsOf(() => parseYaml('f', text));
    assert.match(first ?? '', message);
    assert.deepEqual(more, []);
  });

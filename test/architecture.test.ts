/** The rules of the house, held against every file; and each rule held against a planted breach of it. */
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { type Area, areaOf } from './architecture/areas.ts';
import { callRules } from './architecture/call-rules.ts';
import { blank } from './architecture/code-only.ts';
import { importRules, unusedExceptions } from './architecture/import-rules.ts';
import { partRules } from './architecture/part-rules.ts';
import { breaches } from './architecture/planted.ts';
import { functionsOf, interfacesOf, shapeRules } from './architecture/shape-rules.ts';
import { readSources, type Rule, type Source, sourceOf } from './architecture/source.ts';

const sources = readSources(dirname(import.meta.dirname));
const rules: readonly Rule[] = [...importRules, ...callRules, ...shapeRules, ...partRules];
const LEAST_IMPORTS = 500;
const INHABITED: readonly Area[] = [
  'main',
  'cli',
  'config',
  'root',
  'door',
  'core',
  'edge',
  'deploy',
  'test',
];

function tell({ name, why }: Rule, violations: ReturnType<Rule['check']>): string {
  const lines = violations.map(({ path, line, message }) => `  ${path}:${line} ${message}`);
  return `${name}, because ${why}:\n${lines.join('\n')}`;
}

test('there is something to check: files in every room, and what they import', () => {
  const imports = sources.flatMap((source) => source.imports);
  assert.ok(imports.length > LEAST_IMPORTS, `only ${imports.length} imports were found`);
  const paths = new Set(sources.map(({ path }) => path));
  const lost = imports.filter(
    ({ target, isOurs }) => isOurs && target.endsWith('.ts') && !target.startsWith('proto/gen/'),
  );
  assert.deepEqual(
    lost.filter(({ target }) => !paths.has(target)).map(({ target }) => target),
    [],
  );
  const areas = new Set(sources.map(({ path }) => areaOf(path)));
  for (const area of INHABITED) assert.ok(areas.has(area), `no file is in ${area}`);
});

for (const rule of rules) {
  test(rule.name, () => {
    const violations = rule.check(sources);
    assert.ok(violations.length === 0, tell(rule, violations));
  });
}

test('every exception is still needed', () => {
  assert.deepEqual(unusedExceptions(sources), []);
});

test('each rule finds a planted breach, and only that', () => {
  for (const rule of rules) {
    const planted = breaches.filter(({ breaks }) => breaks === rule.name);
    assert.ok(planted.length > 0, `no breach is planted for "${rule.name}"`);
    for (const { files, at, isFine } of planted) {
      const made = Object.entries(files).map(([path, text]) => sourceOf(path, text));
      const found = rule.check(made).map(({ path, line }) => `${path}:${line}`);
      assert.deepEqual(found, isFine === true ? [] : [at], `"${rule.name}" on ${JSON.stringify(files)}`);
    }
  }
  assert.deepEqual(
    breaches.map(({ breaks }) => breaks).filter((name) => !rules.some((rule) => rule.name === name)),
    [],
  );
});

const bareOf = (text: string): string => blank(text).bare.replace(/ +/g, ' ');

test('comments and strings are not code, and what only looks like them is', () => {
  assert.equal(bareOf("a = 'Date.now()'; // Date.now()\nb"), "a = ' '; \nb");
  assert.equal(bareOf('a /* " */ = "/*"; b'), 'a = " "; b');
  assert.equal(bareOf('a = /[\'"`]/g.test(b) / c / d'), 'a = / /g.test(b) / c / d');
  assert.equal(bareOf('`x ${ a({ b: `y ${c} z` }) } // w`; d'), '` { a({ b: ` {c} ` }) } `; d');
  assert.equal(blank('a // b\n"c"\n').bare.length, 'a // b\n"c"\n'.length);
});

test('imports are read in every form', () => {
  const text = [
    "import a from 'node:fs';",
    "import { b,\n  c } from './b.ts';",
    "import type { D } from '../d.ts';",
    "import './e.ts';",
    "export { f } from './f.ts';",
    "const g = () => import('./g.ts');",
    "// import './h.ts';",
    'const text = "import \'./i.ts\'";',
  ].join('\n');
  const found = sourceOf('x/y.ts', text).imports.map(({ target, isType, isLazy, line }) => [
    target,
    isType,
    isLazy,
    line,
  ]);
  assert.deepEqual(found, [
    ['node:fs', false, false, 1],
    ['x/b.ts', false, false, 2],
    ['d.ts', true, false, 4],
    ['x/e.ts', false, false, 5],
    ['x/f.ts', false, false, 6],
    ['x/g.ts', false, true, 7],
  ]);
});

test('functions are measured whole, blocks and types are not functions', () => {
  const measured = (text: string): number[] => functionsOf(made(text)).map(({ lines }) => lines);
  assert.deepEqual(measured('function a(b: { c: 1 }): { d: 2 } {\n  if (b) {\n  }\n}'), [4]);
  assert.deepEqual(measured('const a = async (b = (1)) => {\n};\nclass C {\n  d() {}\n}'), [2, 1]);
  assert.deepEqual(measured('switch (a) {\n}\nfor (;;) {\n}\ntry {\n} catch (e) {\n}'), []);
});

test('methods are counted, fields and parameters are not', () => {
  const [counted] = interfacesOf(
    made(
      'interface A<T> extends B {\n  c: string;\n  d(e: { f(): void }): void;\n  readonly g: (h: 1) => 2;\n  i?<J>(k: J): J;\n}',
    ),
  );
  assert.deepEqual(counted, { name: 'A', line: 1, methods: 3 });
});

const made = (text: string): Source => sourceOf('shared/made.ts', text);

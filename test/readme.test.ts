/** The README's tables held against what they speak of: departures, claims, dependencies, the map. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import packageJson from '../package.json' with { type: 'json' };
import { readSources } from './architecture/source.ts';
import { suites } from './interop/suites.ts';

const root = dirname(import.meta.dirname);
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** What stands below the heading, up to the next. */
function section(heading: string): string {
  const [, text] = readme.split(`\n## ${heading}\n`);
  return text?.split('\n## ')[0] ?? assert.fail(`README has no section "${heading}"`);
}

const codeIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

/** The cells of a table, a row each, without its head. */
const rows = (heading: string): readonly (readonly string[])[] =>
  section(heading)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.slice(1, -1).split(' | '));

test('every departure from SPIRE is in the table, and nothing else is', () => {
  const departing = readSources(root)
    .filter(({ path, text }) => !path.startsWith('test/') && text.includes('DIVERGES:'))
    .map(({ path }) => path);
  const named = rows('Departures from SPIRE').flatMap(([where = '']) => codeIn(where));
  assert.ok(named.length > 10);
  assert.deepEqual([...named].sort(), departing.sort());
});

test('every claim names a test, and every file or folder that the README names is there', () => {
  const claims = rows('What works, and what shows it');
  assert.ok(claims.length > 10);
  for (const [claim, shownBy = ''] of claims) {
    const tests = codeIn(shownBy).filter((path) => path.endsWith('.test.ts'));
    assert.ok(tests.length > 0, `no test shows that ${claim}`);
  }
  const paths = codeIn(readme).filter((code) =>
    /^(?:server|agent|shared|proto|deploy|test)\/[\w./-]+$/.test(code),
  );
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, `${path}.ts`))),
    [],
  );
});

test('every folder of test/interop that has tests is a suite, and so is run', () => {
  const folders = globSync('test/interop/*/**/*.test.ts', { cwd: root }).map((path) => path.split('/')[2]);
  assert.deepEqual([...new Set(folders)].sort(), Object.keys(suites).sort());
});

test('every dependency is in the table, and nothing else is', () => {
  const { dependencies, optionalDependencies, devDependencies } = packageJson;
  const depended = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
  const named = rows('Dependencies').flatMap(([packages = '']) => codeIn(packages));
  assert.deepEqual([...named].sort(), depended.sort());
});

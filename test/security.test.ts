/** SECURITY.md, held against the RPCs that exist and the tests that it names. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { routes as adminRoutes } from '../agent/admin-api/routes.ts';
import { routes as workloadRoutes } from '../agent/workload-api/routes.ts';
import { rules, type Who } from '../server/api/gate/rules.ts';

const root = dirname(import.meta.dirname);
const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
const COLUMNS = 6;

/** The rows of the table below a heading. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const found = (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.slice(2, -2).split(' | '));
  assert.ok(found.length > 0, heading);
  for (const row of found) assert.equal(row.length, COLUMNS, row.join());
  return found;
}

const codeIn = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** `Service/Rpc` without the package. */
const shortName = (service: string, rpc: string): string => `${service.split('.').at(-1)}/${rpc}`;

test('every RPC of the server has a row, which says who may call it', () => {
  const served = new Map<string, readonly Who[]>();
  for (const [service, rpcs] of Object.entries(rules))
    for (const [rpc, { who }] of Object.entries(rpcs)) served.set(shortName(service, rpc), who);
  const rows = [...rowsOf("The server's TLS port"), ...rowsOf("The server's admin socket")];
  const described = rows.map(([name = '', who = '']): [string, readonly string[]] => [
    codeIn(name)[0] ?? '',
    codeIn(who),
  ]);
  assert.deepEqual(new Map(described.sort(byName)), new Map([...served].sort(byName)));
});

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const namesOf = (routes: Readonly<Record<string, object>>): readonly string[] =>
  Object.entries(routes)
    .flatMap(([service, rpcs]) => Object.keys(rpcs).map((rpc) => shortName(service, rpc)))
    .sort();

/** What handlers need they need when they are called. */
const NOTHING = { debug: {}, delegated: {}, wit: {} } as never;

for (const [heading, routes] of [
  ["The agent's Workload API socket", workloadRoutes(NOTHING)],
  ["The agent's admin socket", adminRoutes(NOTHING)],
] as const)
  test(`every RPC has a row: ${heading}`, () => {
    const described = rowsOf(heading).map(([name = '']) => codeIn(name)[0] ?? '');
    assert.deepEqual([...described].sort(), [...new Set(namesOf(routes))]);
  });

test('every row names tests, and every file that is named exists', () => {
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
  assert.ok(headings.length > 4);
  for (const row of headings.flatMap(rowsOf)) {
    const tests = codeIn(row.at(-1) ?? '').filter((path) => path.endsWith('.test.ts'));
    assert.ok(tests.length > 0, `no test shows ${row[0]}`);
  }
  const paths = codeIn(text).filter((code) => /^(?:agent|server|shared|test)\/[\w./-]+\.ts$/.test(code));
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

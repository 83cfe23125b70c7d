import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const TESTS = join(import.meta.dirname, '..');
const HELD_OTHERWISE: Readonly<Record<string, string>> = {
  Endings: 'a lifetime that node:test has',
  FakeDatastore: 'a bundle of stores, each of which is held',
  FakeChangeFeed: 'the feed of FakeEntryStore, in which change-feed.test.ts meets it',
};

const read = (path: string): string => readFileSync(join(TESTS, path), 'utf8');

test('every fake of an interface is held to the contract of what it stands for', () => {
  const contracts = globSync('{contracts,server,agent}/**/*.test.ts', { cwd: TESTS })
    .map(read)
    .filter((text) => /\w+Contract\(/.test(text))
    .join('\n');
  const fakes = globSync('fakes/*.ts', { cwd: TESTS }).flatMap((path) =>
    [...read(path).matchAll(/class (\w+)(?:<\w+>)? implements \w+/g)].map(([, name = '']) => name),
  );
  assert.ok(fakes.length > 8);
  assert.deepEqual(
    fakes.filter((name) => !(name in HELD_OTHERWISE) && !new RegExp(`\\b${name}\\b`).test(contracts)),
    [],
  );
  assert.deepEqual(
    Object.keys(HELD_OTHERWISE).filter((name) => !fakes.includes(name)),
    [],
  );
});

import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { utf8 } from '../../shared/bytes.ts';
import { makeDirectories, removeLeftBeside, writeFileAtomic } from '../../shared/files.ts';

const folder = mkdtempSync(join(tmpdir(), 'writ-files-'));
after(() => rmSync(folder, { recursive: true }));

test('writes a file that only its owner can read, and leaves nothing beside it', () => {
  const path = join(folder, 'key');
  writeFileAtomic(path, utf8('one'));
  writeFileAtomic(path, utf8('two'));
  assert.equal(readFileSync(path, 'utf8'), 'two');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['key']);
});

test('gives the mode that was asked for', () => {
  const path = join(folder, 'bundle');
  writeFileAtomic(path, utf8('x'), 0o644);
  assert.equal(statSync(path).mode & 0o777, 0o644);
});

test('replaces a link, and does not write through it', () => {
  const target = join(folder, 'target');
  const link = join(folder, 'link');
  writeFileSync(target, 'kept');
  symlinkSync(target, link);
  writeFileAtomic(link, utf8('new'));
  assert.equal(readFileSync(target, 'utf8'), 'kept');
  assert.equal(readFileSync(link, 'utf8'), 'new');
});

test('throws where the folder is missing', () => {
  assert.throws(() => writeFileAtomic(join(folder, 'absent', 'x'), utf8('x')), /ENOENT/);
});

test('removes what killed processes left beside, and nothing else', () => {
  const path = join(folder, 'state.json');
  const others = ['state.json', 'state.json.tmp', 'state.json.bak.1.tmp', 'state.jsonx.1.tmp'];
  for (const name of [...others, 'state.json.1.tmp', 'state.json.4711.tmp'])
    writeFileSync(join(folder, name), name);
  removeLeftBeside(path);
  const left = readdirSync(folder).filter((name) => name.startsWith('state'));
  assert.deepEqual(left.sort(), others.sort());
});

test('has nothing to remove beside a file whose folder is missing', () => {
  removeLeftBeside(join(folder, 'absent', 'x'));
});

test('makes a directory and those above it with the mode, and leaves one that is there', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeDirectories(path, 0o711);
  for (const made of [path, join(folder, 'a')]) assert.equal(statSync(made).mode & 0o777, 0o711);
  makeDirectories(path, 0o700);
  assert.equal(statSync(path).mode & 0o777, 0o711);
});

for (const [name, path, code] of [
  ['a file system that takes none', '/proc/writ/data', 'ENOENT'],
  ['a file in the way', join(folder, 'file', 'data'), 'ENOTDIR'],
  ['a file in its place', join(folder, 'file'), 'EEXIST'],
] as const)
  test(`no directory is made in ${name}: it says so, at once`, () => {
    writeFileSync(join(folder, 'file'), '');
    assert.throws(() => makeDirectories(path, 0o700), { code });
  });

import assert from 'node:assert/strict';
import {
  mkdirSync,
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
import { afterEach, beforeEach, describe, it } from 'node:test';
import { writeTogether } from '../../../agent/svid-files/write-together.ts';
import { utf8 } from '../../../shared/bytes.ts';

const OURS = { uid: undefined, gid: undefined };

describe('files that belong together', () => {
  let directory = '';
  const at = (name: string): string => join(directory, name);
  const file = (name: string, text: string, mode = 0o600) => ({ path: at(name), bytes: utf8(text), mode });
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'writ-together-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('have exactly the mode that is asked for, whatever the umask', () => {
    const before = process.umask(0o077);
    try {
      assert.equal(writeTogether([file('cert', 'c', 0o644), file('key', 'k', 0o640)], OURS), true);
    } finally {
      process.umask(before);
    }
    assert.deepEqual(
      ['cert', 'key'].map((name) => statSync(at(name)).mode & 0o777),
      [0o644, 0o640],
    );
    assert.deepEqual(readdirSync(directory).sort(), ['cert', 'key']);
  });

  it('are left alone when they are so already, and written when bytes, mode or presence differ', () => {
    const files = [file('a', '1'), file('b', '2')];
    writeTogether(files, OURS);
    const before = statSync(at('a')).ino;
    assert.equal(writeTogether(files, OURS), false);
    assert.equal(statSync(at('a')).ino, before);
    assert.equal(writeTogether([file('a', '1'), file('b', '3')], OURS), true);
    assert.equal(writeTogether([file('a', '1', 0o644), file('b', '3')], OURS), true);
    rmSync(at('b'));
    assert.equal(writeTogether([file('a', '1', 0o644), file('b', '3')], OURS), true);
  });

  it('all stay as they were when one cannot be written, and nothing lies about', () => {
    writeTogether([file('a', 'old')], OURS);
    mkdirSync(at('full'));
    const deed = () => writeTogether([file('a', 'new'), file('missing/b', 'new')], OURS);
    assert.throws(deed, /cannot write .*missing\/b: ENOENT/);
    assert.equal(readFileSync(at('a'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(directory).sort(), ['a', 'full']);
  });

  it('never follow a link that somebody put there', () => {
    writeFileSync(at('victim'), 'mine');
    symlinkSync(at('victim'), at('key'));
    symlinkSync(at('victim'), at(`key.${process.pid}.tmp`));
    writeTogether([file('key', 'secret')], OURS);
    assert.equal(readFileSync(at('victim'), 'utf8'), 'mine');
    assert.equal(statSync(at('key')).isFile(), true);
  });

  it('are given to their owner', {
    skip: process.geteuid?.() === 0 ? false : 'only root gives files away',
  }, () => {
    writeTogether([file('key', 'k', 0o640)], { uid: 65_534, gid: 12_345 });
    const { uid, gid, mode } = statSync(at('key'));
    assert.deepEqual([uid, gid, mode & 0o777], [65_534, 12_345, 0o640]);
    assert.equal(writeTogether([file('key', 'k', 0o640)], { uid: 65_534, gid: 1 }), true);
  });
});

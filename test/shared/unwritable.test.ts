import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findUnwritable, whyUnwritable } from '../../shared/unwritable.ts';

const says: Readonly<Record<string, RegExp>> = {
  ENOSPC: /no space is left: make room in \/var\/lib\/x$/,
  EDQUOT: /quota is used up: make room in \/var\/lib\/x$/,
  EROFS: /\/var\/lib\/x is read-only: mount it writable/,
  EACCES: /\/var\/lib\/x cannot be written by user \d+: give it to that user/,
  ENOENT: /\/var\/lib\/x does not exist: make it/,
  EBUSY: /^EBUSY: as it came$/,
};

for (const [code, words] of Object.entries(says))
  test(`says what to do about ${code}`, () => {
    const error = Object.assign(new Error(`${code}: as it came`), { code });
    assert.match(whyUnwritable(error, '/var/lib/x/keys.json'), words);
  });

test('finds out where nothing can be written, without writing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'writ-unwritable-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(findUnwritable(join(folder, 'file')), undefined);
  assert.match(findUnwritable(join(folder, 'absent', 'file')) ?? '', /does not exist: make it/);
});

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePrivateDirectory } from '../../agent/private-directory.ts';
import { Code } from '../../shared/errors.ts';
import { isRefusal } from '../refusal.ts';

test('makes a directory for its owner alone, and refuses one that others could exchange', (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'writ-private-'));
  t.after(() => rmSync(parent, { recursive: true }));
  makePrivateDirectory(join(parent, 'a', 'b'));
  assert.equal(statSync(join(parent, 'a', 'b')).mode & 0o777, 0o700);
  const open = join(parent, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  assert.throws(
    () => makePrivateDirectory(join(open, 'data')),
    isRefusal(Code.failedPrecondition, /is not safe: everybody may write to .*; choose another data_dir/),
  );
});

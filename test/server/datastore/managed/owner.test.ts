import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { claimDirectory, isClaimed } from '../../../../server/datastore/managed/owner.ts';

const NOBODY = 4_194_305; // above the highest pid that Linux gives (proc(5), pid_max)

test('a claim takes the place of a dead owner, with all that was left by claims that were killed', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-owner-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const name of ['owner', `owner.${NOBODY}`, `owner.old.${NOBODY}`, 'owner.old'])
    writeFileSync(join(directory, name), `${NOBODY} 1`);
  const claim = claimDirectory(directory);
  assert.deepEqual(readdirSync(directory).sort(), ['owner', 'owner.old']);
  assert.equal(isClaimed(directory), true);
  claim.release();
  assert.equal(isClaimed(directory), false);
});

import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { choosePostgresUser } from '../../../../server/datastore/managed/postgres-user.ts';

const isRoot = process.getuid?.() === 0;
const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));

describe('the user that runs the managed Postgres', () => {
  it('is this one, unless it is root', { skip: isRoot && 'only for others than root' }, () => {
    const user = choosePostgresUser('/nonexistent');
    assert.deepEqual([user.name, user.isDropped, user.isShared], [userInfo().username, false, false]);
  });

  it('is never root', { skip: !isRoot && 'needs root' }, () => {
    const user = choosePostgresUser('/nonexistent');
    assert.notEqual(user.uid, 0);
    assert.equal(user.isDropped, true);
  });

  it('is the owner of the data, and said to be shared where that is nobody', {
    skip: (!isRoot || nobody === null) && 'needs root and a user nobody',
  }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'writ-owner-'));
    try {
      chownSync(directory, Number(nobody?.[1]), Number(nobody?.[2]));
      const user = choosePostgresUser(directory);
      assert.deepEqual([user.name, user.isShared], ['nobody', true]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

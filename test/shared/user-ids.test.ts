import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUserId } from '../../shared/user-ids.ts';

const PASSWD = `root:x:0:0:root:/root:/bin/sh
# alice:x:1:1::/:/bin/sh
alice:x:1001:1001::/home/alice:/bin/sh
alice:x:0:0::/:/bin/sh
+nis
broken:x
odd:x:-1:0::/:/bin/sh
`;

const rows: Readonly<Record<string, number | undefined>> = {
  root: 0,
  alice: 1_001,
  bob: undefined,
  broken: undefined,
  odd: undefined,
  '': undefined,
  '+nis': undefined,
};

for (const [name, expected] of Object.entries(rows))
  test(`user ${JSON.stringify(name)} is ${expected ?? 'nobody'}, by the first line that names it`, () =>
    assert.equal(
      findUserId(name, () => PASSWD),
      expected,
    ));

test('the users of this machine are found', () => assert.equal(findUserId('root'), 0));

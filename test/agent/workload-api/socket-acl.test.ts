import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aclOfAllBut } from '../../../agent/workload-api/socket-acl.ts';

// As `setfacl -m u:1000:---,u:65534:---` leaves it on a file of mode 0777 (getfattr -e hex -n system.posix_acl_access).
test('an access control list is what the kernel reads: users in the order of their ids, between owner and group', () => {
  assert.equal(
    Buffer.from(aclOfAllBut([65_534, 1_000])).toString('hex'),
    [
      '02000000',
      '01000700ffffffff',
      '02000000e8030000',
      '02000000feff0000',
      '04000700ffffffff',
      '10000700ffffffff',
      '20000700ffffffff',
    ].join(''),
  );
});

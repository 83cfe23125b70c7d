import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unknownIds } from '../../../agent/attest-workload/unknown-ids.ts';

const WHOLE = '         0          0 4294967295\n';
const PART = '         0       1000          1\n         1     100000      65536\n';

describe('ids that say nothing', () => {
  for (const [what, uidMap, gidMap, expected] of [
    ['are none where every id is known', WHOLE, WHOLE, { uid: undefined, gid: undefined }],
    ['are those of the kernel in a namespace with some', PART, PART, { uid: 65_534, gid: 65_533 }],
    ['are told apart', WHOLE, PART, { uid: undefined, gid: 65_533 }],
    ['are those of the kernel in a namespace without a map', '', '', { uid: 65_534, gid: 65_533 }],
    [
      'are none where several lines map all',
      `0 0 1000\n1000 1000 4294966295\n`,
      WHOLE,
      { uid: undefined, gid: undefined },
    ],
  ] as const) {
    it(what, () => {
      const files: Readonly<Record<string, string>> = {
        'self/uid_map': uidMap,
        'self/gid_map': gidMap,
        'sys/kernel/overflowuid': '65534\n',
        'sys/kernel/overflowgid': '65533\n',
      };
      assert.deepEqual(
        unknownIds((path) => files[path] ?? ''),
        expected,
      );
    });
  }
});

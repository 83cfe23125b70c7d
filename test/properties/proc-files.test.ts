import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseIdNames } from '../../agent/attest-workload/id-names.ts';
import { parsePidfdInfo } from '../../agent/attest-workload/pidfd-info.ts';
import { parseProcStat } from '../../agent/attest-workload/proc-stat.ts';
import { parseProcStatus } from '../../agent/attest-workload/proc-status.ts';
import { CodedError } from '../../shared/errors.ts';

const latin1 = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

function survives(parse: (text: string) => unknown, text: string): void {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
  }
}

describe('readers of /proc', () => {
  it('find state and start time behind any process name', () => {
    fc.assert(
      fc.property(latin1, fc.bigInt({ min: 0n, max: 2n ** 63n }), (name, start) => {
        const text = `42 (${name}) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 ${start} 1024 1 0\n`;
        assert.deepEqual(parseProcStat(text), { state: 'S', startTicks: String(start) });
      }),
    );
  });

  it('find every id, whatever its size', () => {
    const id = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(id, id, fc.array(id), (uid, gid, groups) => {
        const text = `Name:\tn\nUid:\t0\t${uid}\t0\t0\nGid:\t0\t${gid}\t0\t0\nGroups:\t${groups.join(' ')} \n`;
        assert.deepEqual(parseProcStatus(text), { uid, gid, supplementaryGids: groups });
      }),
    );
  });

  for (const [name, parse] of Object.entries({
    parseProcStat,
    parseProcStatus,
    parsePidfdInfo,
    parseIdNames,
  })) {
    it(`refuse or read any bytes, and never fail otherwise: ${name}`, () => {
      fc.assert(fc.property(latin1, (text) => survives(parse, text)));
    });
  }
});

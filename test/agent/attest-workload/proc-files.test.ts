import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parsePidfdInfo } from '../../../agent/attest-workload/pidfd-info.ts';
import { hasEnded, parseProcStat } from '../../../agent/attest-workload/proc-stat.ts';
import { parseProcStatus } from '../../../agent/attest-workload/proc-status.ts';
import { Code } from '../../../shared/errors.ts';

const stat = (name: string, state = 'S', start = '8113') =>
  `42 (${name}) ${state} 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 ${start} 1024 1 0 0`;
const status = (lines: Record<string, string>) =>
  Object.entries({
    Name: 'x',
    Umask: '0022',
    Uid: '1\t2\t3\t4',
    Gid: '5\t6\t7\t8',
    Groups: '9 10 ',
    ...lines,
  })
    .map(([key, value]) => `${key}:\t${value}\n`)
    .join('');

describe('/proc/<pid>/stat', () => {
  for (const name of ['node', 'a b', ') S 1 1', ':) (', '(', 'x\n43 (y) Z 1', '']) {
    it(`counts from the last bracket for a process named ${JSON.stringify(name)}`, () => {
      assert.deepEqual(parseProcStat(stat(name)), { state: 'S', startTicks: '8113' });
    });
  }

  for (const [state, expected] of Object.entries({
    R: false,
    S: false,
    D: false,
    T: false,
    I: false,
    Z: true,
    X: true,
    x: true,
  })) {
    it(`takes state ${state} for ${expected ? 'ended' : 'running'}`, () => {
      assert.equal(hasEnded(parseProcStat(stat('n', state))), expected);
    });
  }

  for (const [what, text] of Object.entries({
    nothing: '',
    'no bracket': '42 node S 1',
    'no start time': '42 (n) S 1 42',
    'a start time that is no number': stat('n', 'S', '-1'),
    'a state of two letters': stat('n', 'SS'),
  })) {
    it(`refuses ${what}`, () => assert.throws(() => parseProcStat(text), { code: Code.unavailable }));
  }

  it('reads this process', () => {
    assert.equal(hasEnded(parseProcStat(readFileSync('/proc/self/stat', 'latin1'))), false);
  });
});

describe('/proc/<pid>/status', () => {
  it('gives the effective ids and the supplementary groups', () => {
    assert.deepEqual(parseProcStatus(status({})), { uid: 2, gid: 6, supplementaryGids: [9, 10] });
  });

  it('takes a process without supplementary groups', () => {
    assert.deepEqual(parseProcStatus(status({ Groups: ' ' })).supplementaryGids, []);
  });

  for (const name of [
    'Uid:\\nUid:\t0\t0\t0\t0',
    '\rUid: 0 0 0 0',
    '\r\rUid: 0 0 0 0',
    '\u0085Uid: 0 0 0 0',
  ]) {
    it(`is not misled by the name ${JSON.stringify(name)}`, () => {
      assert.equal(parseProcStatus(status({ Name: name })).uid, 2);
    });
  }

  for (const [what, lines] of Object.entries({
    'three ids': { Uid: '1\t2\t3' },
    'an id above 32 bits': { Gid: '1\t4294967296\t3\t4' },
    'a negative id': { Uid: '1\t-2\t3\t4' },
    'a group that is no number': { Groups: '9 x' },
  })) {
    it(`refuses ${what}`, () =>
      assert.throws(() => parseProcStatus(status(lines)), { code: Code.unavailable }));
  }

  it('refuses a text without the fields', () => {
    assert.throws(() => parseProcStatus('Name:\tx\n'), {
      code: Code.unavailable,
      message: '/proc status has no Uid',
    });
  });
});

describe('fdinfo of a pidfd', () => {
  for (const [text, pid] of [
    ['pos:\t0\nflags:\t02000002\nmnt_id:\t4\nPid:\t17669\nNSpid:\t17669\n', 17669],
    ['Pid:\t-1\nNSpid:\t-1\n', -1],
    ['Pid:\t0\n', 0],
  ] as const) {
    it(`reads pid ${pid}`, () => assert.equal(parsePidfdInfo(text), pid));
  }

  it('refuses what is no pidfd', () => {
    assert.throws(() => parsePidfdInfo('pos:\t0\nNSpid:\t3\n'), { code: Code.unavailable });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ShutOut } from '../../../agent/workload-api/shut-out.ts';
import { aclOfAllBut } from '../../../agent/workload-api/socket-acl.ts';
import { unavailable } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';

class Socket {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly acls: string[] = [];
  readonly emptied: number[] = [];
  readonly shutOut: ShutOut;

  constructor(setAcl = (acl: Uint8Array): void => void this.acls.push(Buffer.from(acl).toString('hex'))) {
    const rates = { empty: (uid: number): void => void this.emptied.push(uid) };
    this.shutOut = new ShutOut({ setAcl, ownUid: 7, rates, clock: this.clock, log: this.log });
  }

  drop(uid: number, times = 2_000): void {
    for (let at = 0; at < times; at += 1) this.shutOut.dropped(uid);
  }
}

const but = (...uids: readonly number[]): string => Buffer.from(aclOfAllBut(uids)).toString('hex');

describe('the socket of the Workload API', () => {
  it('is closed to a user for five seconds after 2,000 dropped connections within one', async () => {
    const { acls, clock, shutOut, ...socket } = new Socket();
    for (let at = 0; at < 1_999; at += 1) shutOut.dropped(1_000);
    assert.deepEqual(acls, []);
    shutOut.dropped(1_000);
    shutOut.dropped(1_000);
    assert.deepEqual(acls, [but(1_000)]);
    await clock.advance(4_999);
    assert.deepEqual([acls.length, socket.emptied], [1, []]);
    await clock.advance(1);
    assert.deepEqual([acls, socket.emptied], [[but(1_000), but()], [1_000]]);
    assert.deepEqual(
      socket.log.lines.map(({ fields }) => fields),
      [{ uid: 1_000, why: 'connects without pause', seconds: 5, count: 1 }],
    );
  });

  it('stays open to a user whose connections are dropped now and then', async () => {
    const socket = new Socket();
    for (let second = 0; second < 5; second += 1) {
      socket.drop(1_000, 1_900);
      await socket.clock.advance(1_000);
    }
    assert.deepEqual(socket.acls, []);
  });

  it('is closed to several, and opened to each in his time', async () => {
    const socket = new Socket();
    socket.drop(2);
    await socket.clock.advance(2_000);
    socket.drop(1);
    await socket.clock.advance(3_000);
    await socket.clock.advance(2_000);
    assert.deepEqual(socket.acls, [but(2), but(1, 2), but(1), but()]);
  });

  it('is never closed to its owner, nor to more users than a list has room for', () => {
    const socket = new Socket();
    socket.drop(7);
    assert.deepEqual(socket.acls, []);
    for (let uid = 100; uid < 170; uid += 1) socket.drop(uid);
    assert.equal(socket.acls.length, 64);
  });

  it('is left alone, with one warning, where the file system has no such lists', () => {
    const socket = new Socket(() => {
      throw unavailable('x takes no access control list: ENOTSUP');
    });
    socket.drop(1);
    socket.drop(2);
    assert.deepEqual(
      socket.log.lines.map(({ level, fields }) => [level, fields]),
      [['warn', { error: 'x takes no access control list: ENOTSUP' }]],
    );
  });

  it('is not touched any more once it is gone', async () => {
    const socket = new Socket();
    socket.drop(1);
    socket.shutOut.stop();
    await socket.clock.advance(60_000);
    assert.equal(socket.acls.length, 1);
  });
});

/** What every held process promises (agent/attest-workload/peer-info.ts). Run for real ones and for the fake. */
import assert from 'node:assert/strict';
import { closeSync, fstatSync } from 'node:fs';
import { it } from 'node:test';
import type { Peer } from '../../agent/attest-workload/peer-info.ts';
import { parseProcStatus, STATUS_MAX_BYTES } from '../../agent/attest-workload/proc-status.ts';
import { Code } from '../../shared/errors.ts';

export interface PeerCase {
  readonly peer: Peer;
  /** Supplementary groups that it has. */
  readonly groups: readonly number[];
  /** Ends the process. */
  readonly end: () => Promise<void>;
}

const uses: Readonly<Record<string, (peer: Peer) => unknown>> = {
  checkAlive: (peer) => peer.checkAlive(),
  'readProcFile status': (peer) => peer.readProcFile('status', STATUS_MAX_BYTES),
  'readProcLink exe': (peer) => peer.readProcLink('exe'),
};

export function peerContract(make: () => Promise<PeerCase>): void {
  it('is alive, and can be read', async () => {
    const { peer, groups, end } = await make();
    peer.checkAlive();
    const status = Buffer.from(peer.readProcFile('status', STATUS_MAX_BYTES)).toString('latin1');
    assert.deepEqual(parseProcStatus(status).supplementaryGids, groups);
    assert.match(peer.readProcLink('exe'), /^\//);
    assert.ok(peer.pid > 0 && peer.uid >= 0 && peer.gid >= 0);
    peer.close();
    await end();
  });

  it('refuses a file that is longer than was allowed', async () => {
    const { peer, end } = await make();
    assert.throws(() => peer.readProcFile('status', 8), {
      code: Code.unavailable,
      message: '/proc status is longer than 8 bytes',
    });
    peer.close();
    await end();
  });

  it('gives a directory that is the caller’s to close, and outlasts it', async () => {
    const { peer, end } = await make();
    const fd = peer.openProcDirectory();
    peer.close();
    assert.ok(fstatSync(fd).isDirectory());
    closeSync(fd);
    await end();
  });

  it('is gone once its process has ended, and nothing is read of it', async () => {
    const { peer, end } = await make();
    await end();
    for (const [what, use] of Object.entries(uses))
      assert.throws(() => use(peer), { code: Code.unavailable, message: 'the process is gone' }, what);
    peer.close();
  });

  it('can be let go twice, and be used no more', async () => {
    const { peer, end } = await make();
    peer.close();
    peer.close();
    for (const [what, use] of Object.entries({ ...uses, directory: (one: Peer) => one.openProcDirectory() }))
      assert.throws(() => use(peer), { code: Code.unavailable, message: 'the connection is gone' }, what);
    await end();
  });
}

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ExeDigests } from '../../../agent/attest-workload/exe-digests.ts';
import { addSeconds, systemClock } from '../../../shared/clock.ts';
import { Code } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakePeer } from '../../fakes/peer.ts';

const { signal } = new AbortController();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A process whose /proc directory is a folder of the test, with a link to its binary. */
class PeerOf extends FakePeer {
  readonly directory: string;

  constructor(directory: string, uid: number) {
    super({ uid });
    this.directory = directory;
  }

  override openProcDirectory(): number {
    return openSync(this.directory, 'r');
  }
}

describe('digests of binaries', () => {
  const root = mkdtempSync(join(tmpdir(), 'writ-exe-'));
  after(() => rmSync(root, { recursive: true }));
  /** Late enough for the files of this test to have settled. */
  const later = new FakeClock(addSeconds(systemClock.now(), 60));
  let made = 0;

  const file = (text: string): string => {
    const path = join(root, `file-${++made}`);
    writeFileSync(path, text);
    return path;
  };
  const peerRunning = (path: string, uid = 1_000): PeerOf => {
    const directory = join(root, `proc-${++made}`);
    mkdirSync(directory);
    symlinkSync(path, join(directory, 'exe'));
    return new PeerOf(directory, uid);
  };
  const switchTo = (peer: PeerOf, path: string): void => {
    rmSync(join(peer.directory, 'exe'));
    symlinkSync(path, join(peer.directory, 'exe'));
  };
  /** How many threads `deed` started; `onThread` runs before the thread does. */
  const threadsOf = async (deed: () => Promise<unknown>, onThread = (): void => {}): Promise<number> => {
    let threads = 0;
    const count = (): void => {
      threads += 1;
      onThread();
    };
    process.on('worker', count);
    try {
      await deed();
    } finally {
      process.off('worker', count);
    }
    return threads;
  };

  it('are the SHA-256 of the file', async () => {
    const peer = peerRunning(file('program'));
    assert.equal(await new ExeDigests(later).sha256(peer, { maxBytes: 0, signal }), sha256('program'));
  });

  for (const [maxBytes, isAllowed] of [
    [0, true],
    [7, true],
    [6, false],
  ] as const) {
    it(`are ${isAllowed ? 'given' : 'refused'} for 7 bytes under a limit of ${maxBytes}`, async () => {
      const digest = new ExeDigests(later).sha256(peerRunning(file('program')), { maxBytes, signal });
      if (isAllowed) return assert.equal(await digest, sha256('program'));
      const message = 'the binary is larger than workload_size_limit, 6 bytes';
      await assert.rejects(digest, { code: Code.unavailable, message });
    });
  }

  it('are remembered for a file that has settled', async () => {
    const digests = new ExeDigests(later);
    const peer = peerRunning(file('program'));
    const twice = async (): Promise<void> => {
      for (let i = 0; i < 2; i += 1)
        assert.equal(await digests.sha256(peer, { maxBytes: 0, signal }), sha256('program'));
    };
    assert.equal(await threadsOf(twice), 1);
  });

  it('are made anew for a file that was written a moment ago', async () => {
    const path = file('program');
    const digests = new ExeDigests(new FakeClock(systemClock.now()));
    const twice = async (): Promise<void> => {
      for (let i = 0; i < 2; i += 1) await digests.sha256(peerRunning(path), { maxBytes: 0, signal });
    };
    assert.equal(await threadsOf(twice), 2);
  });

  it('follow a file that is written to', async () => {
    const path = file('program');
    const digests = new ExeDigests(later);
    await digests.sha256(peerRunning(path), { maxBytes: 0, signal });
    writeFileSync(path, 'another');
    assert.equal(await digests.sha256(peerRunning(path), { maxBytes: 0, signal }), sha256('another'));
  });

  it('are never those of another program that the process runs meanwhile', async () => {
    const [evil, good] = [file('evil-it'), file('good-it')];
    const digests = new ExeDigests(later);
    const peer = peerRunning(evil);
    const trick = () => digests.sha256(peer, { maxBytes: 0, signal });
    const message = 'the process replaced its program meanwhile';
    await threadsOf(
      () => assert.rejects(trick(), { code: Code.unavailable, message }),
      () => switchTo(peer, good),
    );
    switchTo(peer, evil);
    assert.equal(await trick(), sha256('evil-it'));
    assert.equal(await digests.sha256(peerRunning(good), { maxBytes: 0, signal }), sha256('good-it'));
  });

  it('are refused for a program that is gone or cannot be read', async () => {
    const gone = new ExeDigests(later).sha256(peerRunning(join(root, 'none')), { maxBytes: 0, signal });
    await assert.rejects(gone, { code: Code.unavailable, message: 'the binary cannot be read: ENOENT' });
  });

  it('are made in turn, and those who give up waiting do not hold up the others', async () => {
    const digests = new ExeDigests(later);
    const given = new AbortController();
    const waits = Array.from({ length: 4 }, (_, i) =>
      digests.sha256(peerRunning(file(`program ${i}`)), {
        maxBytes: 0,
        signal: i === 2 ? given.signal : signal,
      }),
    );
    given.abort(new Error('no more'));
    const ends = await Promise.allSettled(waits);
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('of one user, however slow, hold up neither another user nor what is known already', async () => {
    const digests = new ExeDigests(later);
    const known = file('known');
    await digests.sha256(peerRunning(known), { maxBytes: 0, signal });
    const given = new AbortController();
    const pipes = Array.from({ length: 6 }, (_, i) => join(root, `pipe-${i}`));
    execFileSync('mkfifo', pipes); // whoever reads one waits for a writer
    const slow = pipes.map((path) =>
      digests.sha256(peerRunning(path), { maxBytes: 0, signal: given.signal }),
    );
    const other = peerRunning(file('another user'), 2_000);
    assert.equal(await digests.sha256(other, { maxBytes: 0, signal }), sha256('another user'));
    assert.equal(await digests.sha256(peerRunning(known), { maxBytes: 0, signal }), sha256('known'));
    given.abort(new Error('no more'));
    for (const { status } of await Promise.allSettled(slow)) assert.equal(status, 'rejected');
    for (const path of pipes) closeSync(openSync(path, constants.O_RDWR));
  });

  it('leave no directory open, whatever comes of them', async () => {
    const digests = new ExeDigests(later);
    const peer = peerRunning(file('program'));
    await digests.sha256(peer, { maxBytes: 0, signal });
    await assert.rejects(digests.sha256(peer, { maxBytes: 1, signal }));
    await assert.rejects(
      digests.sha256(peer, { maxBytes: 0, signal: AbortSignal.abort(new Error('no more')) }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    const open = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return 'the one that listed them';
      }
    });
    assert.deepEqual(
      open.filter((path) => path.startsWith(root)),
      [],
    );
  });
});

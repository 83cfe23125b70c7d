/**
 * Pids that are given again, for real: in a pid namespace of its own, where the next pid can be chosen. The program below
 * is first there, listens, and lets another process come, go, and be followed by a third one with the same pid.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

const ROOT = new URL('../../../', import.meta.url).href;
const canChoosePids =
  process.getuid?.() === 0 &&
  spawnSync('unshare', [
    '--fork',
    '--pid',
    '--mount-proc',
    'sh',
    '-c',
    'echo 1000 > /proc/sys/kernel/ns_last_pid',
  ]).status === 0;

/** Prints what came of the capture, and where there is a peer, what it says before and after its process was replaced. */
const REUSES = `
  import { spawn, spawnSync } from 'node:child_process';
  import { once } from 'node:events';
  import { readFileSync, writeFileSync } from 'node:fs';
  import { createServer } from 'node:net';
  import { linuxPeerKernel } from '${ROOT}shared/rpc/peer-kernel.ts';
  import { Peers } from '${ROOT}agent/attest-workload/peers.ts';

  const [path, when, age] = process.argv.slice(1);
  const linux = linuxPeerKernel();
  const kernels = {
    'this kernel': linux,
    'Linux 6.4': { ...linux, peerPidfd: () => undefined },
    'Linux 5.2': { ...linux, peerPidfd: () => undefined, openPidfd: () => undefined },
  };
  const requirePeerPidfd = age === 'Linux 6.4, refused';
  const kernel = kernels[age] ?? kernels['Linux 6.4'];
  const peers = new Peers({ kernel, procPath: '/proc', requirePeerPidfd, log: { warn() {} } });
  const CONNECTS = "const s = require('node:net').connect(process.argv[1], () => { console.log(process.pid); " +
    "if (process.argv[2] === 'before') process.exit(); }).on('error', () => {}); process.stdin.on('end', () => process.exit()).resume();";
  const tried = (deed) => { try { return deed(); } catch (error) { return error.message; } };

  /** Another process with that pid: not ended when this returns. */
  const reuse = (pid) => {
    for (let left = 1_000; left > 0; left -= 1) {
      writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
      const other = spawn('sleep', ['60']);
      if (other.pid === pid) return other;
      other.kill('SIGKILL');
    }
    throw new Error('the pid was not given again');
  };
  const server = createServer({ pauseOnConnect: true });
  server.listen(path);
  await once(server, 'listening');
  const finish = (said, other) => {
    const now = readFileSync('/proc/' + other.pid + '/comm', 'latin1').trim();
    console.log(JSON.stringify({ ...said, now }));
    other.kill('SIGKILL');
    process.exit();
  };
  if (when === 'before') {
    // All in one turn, in which nothing is accepted.
    const pid = Number(spawnSync(process.execPath, ['-e', CONNECTS, path, 'before']).stdout.toString());
    const other = reuse(pid);
    server.on('connection', (socket) =>
      finish({ noted: peers.credentials(socket).pid === pid, capture: tried(() => peers.capture(socket).readProcLink('exe')) }, other));
  } else {
    const child = spawn(process.execPath, ['-e', CONNECTS, path], { stdio: ['pipe', 'ignore', 'inherit'] });
    const [socket] = await once(server, 'connection');
    const peer = peers.capture(socket);
    const before = tried(() => peer.readProcLink('exe') === process.execPath);
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
    const other = reuse(child.pid);
    const alive = tried(() => peer.checkAlive());
    finish({ before, alive, exe: tried(() => peer.readProcLink('exe')), status: tried(() => peer.readProcFile('status', 8_192)) }, other);
  }`;

async function reuse(when: 'before' | 'after', kernel: string): Promise<Record<string, unknown>> {
  const directory = mkdtempSync(join(tmpdir(), 'writ-reuse-'));
  try {
    const args = [
      '--fork',
      '--pid',
      '--mount-proc',
      '--kill-child',
      process.execPath,
      '--input-type=module',
      '-e',
    ];
    const { stdout } = await promisify(execFile)(
      'unshare',
      [...args, REUSES, join(directory, 'socket'), when, kernel],
      { timeout: 25_000 },
    );
    return JSON.parse(stdout) as Record<string, unknown>;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const GONE = 'the process is gone';

describe('a pid that is given again', {
  skip: !canChoosePids && 'needs the right to unshare and to choose pids',
}, () => {
  it('before the connection was accepted names nobody: the kernel tells the dead from its successor', async () => {
    assert.deepEqual(await reuse('before', 'this kernel'), { noted: true, capture: GONE, now: 'sleep' });
  });

  it('before then is refused on an older kernel where the operator requires a pidfd', async () => {
    const { noted, capture, now } = await reuse('before', 'Linux 6.4, refused');
    assert.deepEqual([noted, now], [true, 'sleep']);
    assert.match(String(capture), /no SO_PEERPIDFD/);
  });

  // What require_peer_pidfd is there for; the agent warns of it. Here so that the warning stays true.
  it('before then is taken for the first process on an older kernel, of which the agent warns', async () => {
    const { noted, capture } = await reuse('before', 'Linux 6.4');
    assert.equal(noted, true);
    assert.match(String(capture), /sleep|coreutils|busybox/);
  });

  for (const kernel of ['this kernel', 'Linux 6.4', 'Linux 5.2']) {
    it(`while the connection is held makes its first process gone, and nothing is read of the second, on ${kernel}`, async () => {
      assert.deepEqual(await reuse('after', kernel), {
        before: true,
        alive: GONE,
        exe: GONE,
        status: GONE,
        now: 'sleep',
      });
    });
  }
});

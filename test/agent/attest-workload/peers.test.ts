import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { linuxPeerKernel, type PeerKernel } from '../../../shared/rpc/peer-kernel.ts';
import type { Peer } from '../../../agent/attest-workload/peer-info.ts';
import { Peers, type PeersDeps } from '../../../agent/attest-workload/peers.ts';
import { STATUS_MAX_BYTES } from '../../../agent/attest-workload/proc-status.ts';
import { Code, unavailable } from '../../../shared/errors.ts';
import { FakeLog } from '../../fakes/log.ts';
import { BECOMES, openDescriptors, Processes } from './processes.ts';

const kernel = linuxPeerKernel();
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const canUnshare = isRoot && spawnSync('unshare', ['--fork', '--pid', 'true']).status === 0;

const oldKernel: PeerKernel = { ...kernel, peerPidfd: () => undefined };
const ancientKernel: PeerKernel = { ...oldKernel, openPidfd: () => undefined };

function peersWith(deps: Partial<PeersDeps> = {}): { peers: Peers; log: FakeLog } {
  const log = new FakeLog();
  return { log, peers: new Peers({ kernel, procPath: '/proc', requirePeerPidfd: false, log, ...deps }) };
}

const ROOT = new URL('../../../', import.meta.url).href;

/** Says when it listens, then what came of looking at the first caller. */
const CAPTURES = `
  import { createServer } from 'node:net';
  import { linuxPeerKernel } from '${ROOT}shared/rpc/peer-kernel.ts';
  import { Peers } from '${ROOT}agent/attest-workload/peers.ts';
  const peers = new Peers({ kernel: linuxPeerKernel(), procPath: '/proc', requirePeerPidfd: false, log: console });
  createServer((socket) => {
    try {
      console.log(peers.capture(socket).pid);
    } catch (error) {
      console.log(error.message);
    }
    process.exit();
  }).listen(process.argv[1], () => console.log('listening'));`;

describe('the process behind a Unix socket', () => {
  let processes: Processes;
  let path: string;
  let arrival = Promise.withResolvers<Socket>();
  let { peers } = peersWith();
  const held: Peer[] = [];

  before(async () => {
    processes = new Processes();
    path = await processes.listen((socket) => arrival.resolve(socket));
  });
  after(() => processes.close());
  afterEach(() => {
    for (const peer of held.splice(0)) peer.close();
    ({ peers } = peersWith());
  });

  const connection = async (make: () => unknown): Promise<Socket> => {
    arrival = Promise.withResolvers();
    await make();
    return arrival.promise;
  };
  const ownConnection = () => connection(() => connect(path).on('error', () => {}));
  const hold = (peer: Peer): Peer => {
    held.push(peer);
    return peer;
  };

  for (const [what, used] of Object.entries({
    'this kernel': kernel,
    'Linux 6.4': oldKernel,
    'Linux 5.2': ancientKernel,
  })) {
    it(`is held until it ends, on ${what}`, async () => {
      ({ peers } = peersWith({ kernel: used }));
      let child: ChildProcess | undefined;
      const socket = await connection(async () => {
        child = await processes.connect(path);
      });
      assert.ok(child);
      const peer = hold(peers.capture(socket));
      assert.deepEqual([peer.pid, peer.uid, peer.gid], [child.pid, process.geteuid?.(), process.getegid?.()]);
      assert.equal(peer.readProcLink('exe'), realpathSync(process.execPath));
      peer.checkAlive();
      await processes.end(child);
      assert.throws(() => peer.checkAlive(), { code: Code.unavailable, message: 'the process is gone' });
      assert.throws(() => peer.readProcFile('status', 4_096), { code: Code.unavailable });
    });

    it(`is refused when it ended before the agent looked, on ${what}`, async () => {
      ({ peers } = peersWith({ kernel: used }));
      const socket = await connection(async () => processes.end(await processes.connect(path)));
      const before = openDescriptors();
      assert.throws(() => peers.capture(socket), { code: Code.unavailable, message: 'the process is gone' });
      assert.equal(openDescriptors(), before);
    });
  }

  it('is another user, with the effective ids that the kernel noted', {
    skip: !isRoot && 'needs root',
  }, async () => {
    const socket = await connection(() => processes.connect(path, { uid: NOBODY, gid: NOBODY }));
    const peer = hold(peers.capture(socket));
    assert.deepEqual([peer.uid, peer.gid], [NOBODY, NOBODY]);
    peer.checkAlive();
  });

  it('costs no more to look at for having every group there can be, and gets no selectors for them', {
    skip: !isRoot && 'needs root',
  }, async () => {
    const through = [
      process.execPath,
      '-e',
      `process.setgroups(Array.from({ length: 65_536 }, (_, i) => 100_000 + i));
       process.execve(process.argv[1], process.argv.slice(1), process.env);`,
    ];
    const peer = hold(peers.capture(await connection(() => processes.connect(path, { through }))));
    peer.checkAlive();
    assert.throws(() => peer.readProcFile('status', STATUS_MAX_BYTES), {
      code: Code.unavailable,
      message: '/proc status is longer than 65536 bytes',
    });
  });

  it('is noticed to have become another user or group, though it is no longer dumpable', {
    skip: !isRoot && 'needs root',
  }, async () => {
    for (const becomes of ['process.setegid(65534)', 'process.seteuid(65534)']) {
      const child = spawn(process.execPath, ['-e', BECOMES, path, becomes], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const socket = await connection(() => once(child.stdout, 'data'));
      const peer = hold(peers.capture(socket));
      peer.checkAlive();
      child.stdin.write('now');
      await once(child.stdout, 'data');
      assert.throws(() => peer.checkAlive(), {
        code: Code.unavailable,
        message: 'the process changed its user or group after it connected',
      });
      child.stdin.end();
      await once(child, 'exit');
    }
  });

  it('is seen from above when it runs in a pid namespace below the agent', {
    skip: !canUnshare && 'needs the right to unshare',
  }, async () => {
    const through = ['unshare', '--fork', '--pid', '--kill-child'];
    const peer = hold(peers.capture(await connection(() => processes.connect(path, { through }))));
    assert.match(Buffer.from(peer.readProcFile('status', 8_192)).toString(), /^NSpid:\t\d+\t1$/m);
  });

  it('is refused where the agent cannot see its pid namespace, saying how to run the agent', async () => {
    ({ peers } = peersWith({ kernel: { ...kernel, credentials: () => ({ pid: 0, uid: 0, gid: 0 }) } }));
    const socket = await ownConnection();
    assert.throws(() => peers.capture(socket), {
      code: Code.unavailable,
      message: /pid namespace .*hostPID: true/,
    });
  });

  it('is refused so by a real agent in a pid namespace below the caller', {
    skip: !canUnshare && 'needs the right to unshare',
  }, async () => {
    const below = processes.newPath();
    const through = [
      '--fork',
      '--pid',
      '--kill-child',
      process.execPath,
      '--input-type=module',
      '-e',
      CAPTURES,
      below,
    ];
    const agent = spawn('unshare', through, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(agent.stdout, 'data');
    connect(below).on('error', () => {});
    const [said] = await once(agent.stdout, 'data');
    assert.match(String(said), /pid namespace .*hostPID: true/);
    await once(agent, 'exit');
  });

  it('is said to be hidden where it runs but is not in /proc', async () => {
    ({ peers } = peersWith({ procPath: '/nonexistent' }));
    const socket = await ownConnection();
    const message = `/nonexistent/${process.pid} is hidden from the agent: run it as root, or mount /proc without hidepid`;
    assert.throws(() => peers.capture(socket), { code: Code.unavailable, message });
  });

  it('warns once and counts on a kernel without SO_PEERPIDFD', async () => {
    const { peers: old, log } = peersWith({ kernel: oldKernel });
    const socket = await ownConnection();
    for (let i = 0; i < 3; i += 1) hold(old.capture(socket));
    assert.equal(old.withoutPeerPidfd, 3);
    assert.equal(log.messages('warn').length, 1);
    assert.match(log.messages('warn')[0] ?? '', /require_peer_pidfd/);
  });

  it('is refused on such a kernel when the operator requires a pidfd', async () => {
    ({ peers } = peersWith({ kernel: oldKernel, requirePeerPidfd: true }));
    const socket = await ownConnection();
    const refusal = { code: Code.unavailable, message: /no SO_PEERPIDFD \(Linux 6\.5\).*require_peer_pidfd/ };
    assert.throws(() => peers.capture(socket), refusal);
  });

  const failures: Record<string, Partial<PeersDeps>> = {
    'the socket has no credentials': { kernel: { ...kernel, credentials: refuse } },
    'the kernel gives no pidfd': { kernel: { ...kernel, peerPidfd: refuse } },
    'the pidfd is of another process': { kernel: { ...kernel, peerPidfd: () => kernel.openPidfd(1) } },
    'the descriptor is no pidfd': { kernel: { ...kernel, peerPidfd: () => openSync('/dev/null', 'r') } },
    'the process ended meanwhile': { kernel: { ...kernel, hasEnded: () => true } },
    'it cannot be told whether it ended': { kernel: { ...kernel, hasEnded: refuse } },
    'the user is another one': {
      kernel: { ...kernel, credentials: (fd) => ({ ...kernel.credentials(fd), uid: 12_345 }) },
    },
    'the group is another one': {
      kernel: { ...kernel, credentials: (fd) => ({ ...kernel.credentials(fd), gid: 12_345 }) },
    },
    'its user is one of many that are not known here': {
      kernel: { ...kernel, credentials: (fd) => ({ ...kernel.credentials(fd), uid: NOBODY }) },
      unknown: { uid: NOBODY, gid: undefined },
    },
    'there is no such /proc': { procPath: '/nonexistent' },
    'what is at /proc is a file': { procPath: '/etc/passwd' },
  };
  for (const [why, deps] of Object.entries(failures)) {
    it(`is refused and nothing stays open when ${why}`, async () => {
      ({ peers } = peersWith(deps));
      const socket = await ownConnection();
      const before = openDescriptors();
      assert.throws(() => peers.capture(socket), { code: Code.unavailable });
      assert.equal(openDescriptors(), before);
    });
  }

  it('is refused when the socket has no descriptor any more', () => {
    assert.throws(() => peers.capture(new Socket()), {
      code: Code.unavailable,
      message: 'the connection is gone',
    });
  });

  it('gives back exactly its two descriptors, once', () => {
    const before = openDescriptors();
    const peer = peers.open(process.pid);
    assert.equal(openDescriptors(), before + 2);
    peer.close();
    const others = peers.open(process.pid); // has the numbers that were given back
    peer.close();
    others.checkAlive();
    others.close();
    assert.equal(openDescriptors(), before);
  });

  it('cannot be read or asked once it was let go', () => {
    const peer = peers.open(process.pid);
    peer.close();
    for (const use of [
      () => peer.checkAlive(),
      () => peer.readProcFile('status', 4_096),
      () => peer.readProcLink('exe'),
      () => peer.openProcDirectory(),
    ]) {
      assert.throws(use, { code: Code.unavailable, message: 'the connection is gone' });
    }
  });

  it('refuses to read more than was asked for', () => {
    const peer = hold(peers.open(process.pid));
    assert.throws(() => peer.readProcFile('status', 100), {
      message: '/proc status is longer than 100 bytes',
    });
    assert.equal(
      Buffer.from(peer.readProcFile('environ', 1 << 20)).compare(readFileSync('/proc/self/environ')),
      0,
    );
  });

  it('has a directory of its own for work that outlasts it', () => {
    const peer = peers.open(process.pid);
    const fd = peer.openProcDirectory();
    peer.close();
    assert.match(readFileSync(`/proc/self/fd/${fd}/comm`, 'utf8'), /./);
    closeSync(fd);
  });

  for (const pid of [0, -1, 4_194_305]) {
    it(`is not found by pid ${pid}`, () => assert.throws(() => peers.open(pid), { code: Code.notFound }));
  }
});

function refuse(): never {
  throw unavailable('refused by the test');
}

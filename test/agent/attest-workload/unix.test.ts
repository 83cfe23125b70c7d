import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ExeDigests } from '../../../agent/attest-workload/exe-digests.ts';
import { idNames } from '../../../agent/attest-workload/id-names.ts';
import { linuxPeerKernel } from '../../../shared/rpc/peer-kernel.ts';
import type { Peer } from '../../../agent/attest-workload/peer-info.ts';
import { Peers } from '../../../agent/attest-workload/peers.ts';
import { unix, type UnixDeps } from '../../../agent/attest-workload/unix.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { selectorKey } from '../../../shared/selectors.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakePeer } from '../../fakes/peer.ts';
import { Processes } from './processes.ts';

const { signal } = new AbortController();
const isRoot = process.getuid?.() === 0;
const sha256Of = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('the unix attestor', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-unix-'));
  const passwd = join(directory, 'passwd');
  const group = join(directory, 'group');
  writeFileSync(passwd, 'web:x:1000:1000:::\n');
  writeFileSync(group, 'web:x:1000:\nlogs:x:20:web\n');
  after(() => rmSync(directory, { recursive: true }));

  const attest = async (peer: Peer, deps: Partial<UnixDeps> = {}): Promise<readonly string[]> => {
    const attestor = unix({
      config: { discoverWorkloadPath: false, workloadSizeLimit: 0 },
      users: idNames(passwd),
      groups: idNames(group),
      digests: { sha256: async () => 'abc' },
      log: silentLogger,
      ...deps,
    });
    return (await attestor.attest(peer, signal)).map(selectorKey);
  };

  it('gives user, group and supplementary groups, by number and by name', async () => {
    assert.deepEqual(await attest(new FakePeer({ groups: [20, 30] })), [
      'unix:uid:1000',
      'unix:user:web',
      'unix:gid:1000',
      'unix:group:web',
      'unix:supplementary_gid:20',
      'unix:supplementary_group:logs',
      'unix:supplementary_gid:30',
    ]);
  });

  it('leaves out a name that it does not know, and says so once', async () => {
    const [log, users] = [new FakeLog(), idNames(passwd)];
    for (let i = 0; i < 2; i += 1) {
      assert.deepEqual(await attest(new FakePeer({ uid: 7 }), { log, users }), [
        'unix:uid:7',
        'unix:gid:1000',
        'unix:group:web',
      ]);
    }
    assert.deepEqual(
      log.lines.map(({ fields }) => fields),
      [{ selector: 'unix:user', id: 7 }],
    );
  });

  for (const [limit, expected] of [
    [0, ['unix:path:/bin/app', 'unix:sha256:abc']],
    [5, ['unix:path:/bin/app', 'unix:sha256:abc']],
    [-1, ['unix:path:/bin/app']],
  ] as const) {
    it(`gives the path, and the hash as far as workload_size_limit ${limit} allows`, async () => {
      const config = { discoverWorkloadPath: true, workloadSizeLimit: limit };
      const found = await attest(new FakePeer({ exe: '/bin/app' }), { config });
      assert.deepEqual(found.slice(4), expected);
    });
  }

  it('fails for a process that runs another program once its binary was hashed', async () => {
    const peer = new FakePeer({ exe: '/bin/evil' });
    const digests = {
      sha256: async () => {
        peer.exe = '/bin/app';
        return 'abc';
      },
    };
    const config = { discoverWorkloadPath: true, workloadSizeLimit: 0 };
    await assert.rejects(attest(peer, { config, digests }), { message: /replaced its program/ });
  });
});

describe('the unix attestor on real processes', () => {
  let processes: Processes;
  let path: string;
  let arrival = Promise.withResolvers<Socket>();
  const peers = new Peers({
    kernel: linuxPeerKernel(),
    procPath: '/proc',
    requirePeerPidfd: false,
    log: silentLogger,
  });
  const digests = new ExeDigests(systemClock);
  const config = { discoverWorkloadPath: true, workloadSizeLimit: 0 };

  before(async () => {
    processes = new Processes();
    path = await processes.listen((socket) => arrival.resolve(socket));
  });
  after(() => processes.close());

  const selectorsOf = async (options: object): Promise<readonly string[]> => {
    arrival = Promise.withResolvers();
    await processes.connect(path, options);
    const peer = peers.capture(await arrival.promise);
    const [users, groups] = [idNames('/etc/passwd'), idNames('/etc/group')];
    try {
      return (await unix({ config, users, groups, digests, log: silentLogger }).attest(peer, signal)).map(
        selectorKey,
      );
    } finally {
      peer.close();
    }
  };

  it('finds uid, gid, path and sha256 of a child', async () => {
    const found = await selectorsOf({});
    const node = realpathSync(process.execPath);
    for (const expected of [
      `unix:uid:${process.geteuid?.()}`,
      `unix:gid:${process.getegid?.()}`,
      `unix:path:${node}`,
      `unix:sha256:${sha256Of(node)}`,
    ]) {
      assert.ok(found.includes(expected), `${expected} is not among ${found.join(', ')}`);
    }
  });

  it('finds another user by number and name', { skip: !isRoot && 'needs root' }, async () => {
    const found = await selectorsOf({ uid: 65_534, gid: 65_534 });
    for (const expected of ['unix:uid:65534', 'unix:user:nobody', 'unix:gid:65534', 'unix:group:nogroup']) {
      assert.ok(found.includes(expected), `${expected} is not among ${found.join(', ')}`);
    }
  });

  it('finds supplementary groups', { skip: !isRoot && 'needs root' }, async () => {
    const found = await selectorsOf({ through: ['setpriv', '--groups', '4,20'] });
    assert.deepEqual(
      found.filter((key) => key.includes('supplementary')),
      [
        'unix:supplementary_gid:4',
        'unix:supplementary_group:adm',
        'unix:supplementary_gid:20',
        'unix:supplementary_group:dialout',
      ],
    );
  });
});

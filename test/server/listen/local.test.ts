import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { HealthDefinition } from '../../../proto/gen/grpc/health/v1/Health.ts';
import { check } from '../../../server/api/health/check.ts';
import { noTrail } from '../../../server/api/gate/audit.ts';
import type { Peer } from '../../../server/api/gate/context.ts';
import { LocalListener, type LocalListenerNeeds } from '../../../server/listen/local.ts';
import { Code } from '../../../shared/errors.ts';
import { unixChannel } from '../../../shared/rpc/channel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { FakeLog } from '../../fakes/log.ts';

const directory = mkdtempSync(join(tmpdir(), 'writ-local-'));
after(() => rmSync(directory, { recursive: true }));

const log = new FakeLog();
const listenOn = (socketPath: string, more: Partial<LocalListenerNeeds> = {}): LocalListener =>
  new LocalListener({
    socketPath,
    routes: { 'grpc.health.v1.Health': { Check: check({ checkHealth: async () => {} }) } },
    gate: async (call, _request, run) =>
      run({
        call,
        caller: { kind: 'local' },
        agent: undefined,
        trail: noTrail,
        admitAgain: async () => ({}),
      }),
    log,
    ...more,
  });

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('makes its directory and socket for owner and group alone, whatever the umask, and leaves no socket', async () => {
  const umask = process.umask(0);
  const path = join(directory, 'made', 'private', 'api.sock');
  const listener = listenOn(path);
  await listener.start();
  assert.equal(process.umask(umask), 0);
  assert.equal(mode(path), '770');
  assert.equal(mode(join(directory, 'made', 'private')), '750');
  await listener.stop();
  assert.equal(existsSync(path), false);
});

test('serves', async () => {
  const path = join(directory, 'serves.sock');
  const listener = listenOn(path);
  await listener.start();
  const channel = unixChannel(path);
  const client = new ServiceClient<HealthDefinition>('grpc.health.v1.Health', channel);
  assert.equal((await client.unary('Check', {})).status, 'SERVING');
  channel.close();
  await listener.stop();
});

test('refuses a socket on which another server answers, and leaves that alone', async () => {
  const path = join(directory, 'live.sock');
  const first = listenOn(path);
  await first.start();
  await assert.rejects(listenOn(path).start(), {
    code: Code.failedPrecondition,
    message: `another server runs on socket ${path}: stop it, or set socket_path`,
  });
  assert.equal(existsSync(path), true);
  await first.stop();
});

test('hands on who connected, where that is asked for, and serves all the same where it cannot be told', async () => {
  const finders: readonly (readonly [LocalListenerNeeds['loadFinder'], Peer])[] = [
    [async () => () => ({ uid: 7, gid: 8 }), { kind: 'local', process: { uid: 7, gid: 8 } }],
    [
      async () => () => {
        throw new Error('the connection is gone');
      },
      { kind: 'local' },
    ],
    [() => Promise.reject(new Error('no native code on this platform')), { kind: 'local' }],
  ];
  for (const [loadFinder, expected] of finders) {
    const path = join(directory, 'named.sock');
    const peers: Peer[] = [];
    const gate: LocalListenerNeeds['gate'] = async (call, _read, run) => {
      peers.push(call.peer);
      await run({
        call,
        caller: { kind: 'local' },
        agent: undefined,
        trail: noTrail,
        admitAgain: async () => ({}),
      });
    };
    const listener = listenOn(path, { gate, ...(loadFinder === undefined ? {} : { loadFinder }) });
    await listener.start();
    const channel = unixChannel(path);
    await new ServiceClient<HealthDefinition>('grpc.health.v1.Health', channel).unary('Check', {});
    assert.deepEqual(peers, [expected]);
    channel.close();
    await listener.stop();
  }
  assert.ok(
    log
      .messages('warn')
      .includes('the audit log cannot name the callers of the admin socket, and roles let none of them in'),
  );
});

/** The socket file of a server that was killed. */
async function leaveSocket(path: string): Promise<void> {
  const server = createServer();
  const beside = `${path}.x`;
  await new Promise<void>((resolve) => server.listen(beside, resolve));
  linkSync(beside, path);
  await new Promise((resolve) => server.close(resolve));
}

test('takes the place of a server that is gone', async () => {
  const path = join(directory, 'stale.sock');
  await leaveSocket(path);
  const listener = listenOn(path);
  await listener.start();
  await listener.stop();
  assert.ok(log.messages('info').includes('removed the socket of a server that is gone'));
});

test('never removes what is not a socket', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, 'precious');
  await assert.rejects(listenOn(file).start(), { code: Code.failedPrecondition, message: /is not a socket/ });
  assert.equal(readFileSync(file, 'utf8'), 'precious');
  const link = join(directory, 'link');
  symlinkSync(file, link);
  await assert.rejects(listenOn(link).start(), { message: /is not a socket/ });
  await assert.rejects(listenOn(join(file, 'api.sock')).start(), { message: /^cannot make the directory/ });
  await assert.rejects(listenOn(directory).start(), { message: /is not a socket/ });
});

test('refuses a directory in which others could put a socket of their own', async () => {
  const open = join(directory, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const message =
    `everybody may write to "${realpathSync(open)}" and could put something else there: ` +
    'set socket_path to a path in a directory of your own';
  await assert.rejects(listenOn(join(open, 'private', 'api.sock')).start(), {
    code: Code.failedPrecondition,
    message,
  });
  assert.equal(existsSync(join(open, 'private')), false);
});

test('says so when the path is too long for a socket', async () => {
  const path = join(directory, 'x'.repeat(120));
  await assert.rejects(listenOn(path).start(), {
    code: Code.failedPrecondition,
    message: /^cannot listen on socket/,
  });
});

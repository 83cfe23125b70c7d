import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ProcessKernel, processFinder } from '../../../server/listen/local-process.ts';
import { unavailable } from '../../../shared/errors.ts';

/** The server's end of a connection of this process to itself. */
async function accepted(t: TestContext): Promise<Socket> {
  const directory = mkdtempSync(join(tmpdir(), 'writ-local-'));
  const server = createServer().listen(join(directory, 'socket'));
  await once(server, 'listening');
  const client = connect(join(directory, 'socket'));
  const [socket] = (await once(server, 'connection')) as [Socket];
  t.after(() => {
    for (const one of [client, socket]) one.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });
  return socket;
}

const kernelOf = (changes: Partial<ProcessKernel>): ProcessKernel => ({
  credentials: () => ({ pid: process.pid, uid: 7, gid: 8 }),
  peerPidfd: () => undefined,
  openPidfd: () => undefined,
  hasEnded: () => false,
  ...changes,
});

test('names the user, the group and the program of who connected', async (t) => {
  const found = processFinder()(await accepted(t));
  const path = realpathSync('/proc/self/exe');
  assert.deepEqual(found, { uid: process.geteuid?.(), gid: process.getegid?.(), path });
});

const withoutPath: Readonly<Record<string, Partial<ProcessKernel>>> = {
  'of another pid namespace': { credentials: () => ({ pid: 0, uid: 7, gid: 8 }) },
  'that has ended meanwhile': {
    peerPidfd: () => {
      throw unavailable('the process is gone');
    },
  },
  'whose pid nobody has any more': { credentials: () => ({ pid: 2 ** 30, uid: 7, gid: 8 }) },
};

for (const [name, changes] of Object.entries(withoutPath)) {
  test(`names user and group, but no program, of a process ${name}`, async (t) => {
    assert.deepEqual(processFinder(kernelOf(changes))(await accepted(t)), { uid: 7, gid: 8 });
  });
}

test('has nothing to say of a connection that is gone', async (t) => {
  const socket = await accepted(t);
  socket.destroy();
  await once(socket, 'close');
  assert.throws(() => processFinder(kernelOf({}))(socket), { message: 'the connection is gone' });
});

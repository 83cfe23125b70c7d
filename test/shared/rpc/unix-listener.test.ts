import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Code } from '../../../shared/errors.ts';
import { UnixListener } from '../../../shared/rpc/unix-listener.ts';

const needsRoot = process.geteuid?.() === 0 ? false : 'files can be given to another user by root alone';

describe('a Unix listener', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-listener-'));
  after(() => rmSync(directory, { recursive: true }));
  const listenerAt = (path: string, onConnection = (socket: Socket): void => void socket.destroy()) =>
    new UnixListener({ path, socketMode: 0o600, directoryMode: 0o700, onConnection, onError: () => {} });
  const modeOf = (path: string): number => statSync(path).mode & 0o777;

  it('makes its directory and socket with the modes that were asked for, and removes the socket', async () => {
    const path = join(directory, 'made', 'api.sock');
    const accepted = Promise.withResolvers<Socket>();
    const listener = listenerAt(path, accepted.resolve);
    await listener.listen();
    assert.deepEqual([modeOf(join(directory, 'made')), modeOf(path)], [0o700, 0o600]);
    const client = connect(path);
    (await accepted.promise).destroy();
    client.destroy();
    listener.close();
    assert.equal(existsSync(path), false);
  });

  it('takes the place of a socket that a killed program left behind', async () => {
    const path = join(directory, 'stale.sock');
    const leaves = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', leaves, path]);
    assert.ok(lstatSync(path).isSocket());
    const listener = listenerAt(path);
    await listener.listen();
    await once(connect(path), 'connect');
    listener.close();
  });

  it('never takes the place of a program that listens', async () => {
    const path = join(directory, 'live.sock');
    const first = listenerAt(path);
    await first.listen();
    const message = `another program is listening on "${path}": stop it or choose another socket path`;
    await assert.rejects(listenerAt(path).listen(), { code: Code.unavailable, message });
    await once(connect(path), 'connect');
    first.close();
  });

  it('never removes what is not a socket', async () => {
    const path = join(directory, 'file');
    writeFileSync(path, 'precious');
    const message = `"${path}" exists and is not a socket: remove it or choose another socket path`;
    await assert.rejects(listenerAt(path).listen(), { code: Code.unavailable, message });
    assert.equal(readFileSync(path, 'utf8'), 'precious');
  });

  for (const [length, fits] of [
    [107, true],
    [108, false],
  ] as const) {
    it(`${fits ? 'takes' : 'refuses'} a path of ${length} bytes`, async () => {
      const path = join(directory, 'x'.repeat(length - Buffer.byteLength(directory) - 1));
      const listener = listenerAt(path);
      if (!fits)
        return assert.rejects(listener.listen(), {
          code: Code.unavailable,
          message: /longer than 107 bytes/,
        });
      await listener.listen();
      assert.ok(lstatSync(path).isSocket());
      listener.close();
    });
  }

  it('refuses a directory in which others could put a socket of their own', async () => {
    mkdirSync(join(directory, 'open'));
    chmodSync(join(directory, 'open'), 0o777);
    const message =
      `everybody may write to "${realpathSync(directory)}/open" and could put something else there: ` +
      'choose a socket path in a directory of your own';
    for (const path of ['open/api.sock', 'open/made/api.sock']) {
      await assert.rejects(listenerAt(join(directory, path)).listen(), { code: Code.unavailable, message });
    }
    assert.deepEqual(readdirSync(join(directory, 'open')), []);
  });

  it('refuses a directory that another user made first', { skip: needsRoot }, async () => {
    const squatted = join(directory, 'spire-agent');
    mkdirSync(squatted);
    chownSync(squatted, 65_534, 65_534);
    const message =
      /spire-agent" belongs to user 65534, who could put something else there: choose a socket path/;
    await assert.rejects(listenerAt(join(squatted, 'public', 'api.sock')).listen(), { message });
    assert.equal(existsSync(join(squatted, 'public')), false);
  });

  it('is not open to others even for a moment, whatever the mask of the process', async () => {
    const path = join(directory, 'masked.sock');
    const before = process.umask(0);
    try {
      const listener = listenerAt(path);
      const listening = listener.listen();
      // Within microtasks, so that the listener's own turn after the bind has not come yet.
      for (let i = 0; i < 100 && !existsSync(path); i += 1) await Promise.resolve();
      assert.equal(modeOf(path), 0o600);
      await listening;
      listener.close();
    } finally {
      process.umask(before);
    }
  });

  it('says that its directory cannot be made', async () => {
    writeFileSync(join(directory, 'plain'), '');
    const path = join(directory, 'plain', 'api.sock');
    await assert.rejects(listenerAt(path).listen(), { code: Code.unavailable, message: /cannot be made/ });
  });
});

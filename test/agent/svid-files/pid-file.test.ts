import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { signalPidFile } from '../../../agent/svid-files/pid-file.ts';

describe('the process that a file names', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-pid-'));
  const path = join(directory, 'pid');
  after(() => rmSync(directory, { recursive: true }));

  it('gets the signal', async () => {
    const heard = Promise.withResolvers<void>();
    process.once('SIGWINCH', () => heard.resolve());
    writeFileSync(path, ` ${process.pid}\n`);
    signalPidFile(path, 'SIGWINCH');
    await heard.promise;
  });

  for (const text of [
    '',
    '0',
    '1',
    '-1',
    '-123',
    '12 13',
    '1e3',
    '0x10',
    'x',
    '9'.repeat(40),
    `${process.pid}\0`,
  ])
    it(`is never ${JSON.stringify(text.slice(0, 12))}, which is no process or many`, () => {
      writeFileSync(path, text);
      assert.throws(() => signalPidFile(path, 'SIGKILL'), /holds no process number/);
    });

  it('is not waited for in a pipe, nor in a directory', () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    assert.throws(() => signalPidFile(pipe, 'SIGHUP'), /cannot be read: it is no file/);
    assert.throws(() => signalPidFile(directory, 'SIGHUP'), /cannot be read: it is no file/);
  });

  it('is told of by name when it or its file is not there', () => {
    writeFileSync(path, '4194305'); // above the kernel's largest
    assert.throws(() => signalPidFile(path, 'SIGHUP'), /process 4194305 of .* cannot be signalled: .*ESRCH/);
    assert.throws(() => signalPidFile(join(directory, 'none'), 'SIGHUP'), /cannot be read: ENOENT/);
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeArguments } from '../../deploy/up/node-arguments.ts';

/** Sends itself the signal that would start a debugger, and says whether one listens and what it was started with. */
const ASKS_FOR_DEBUGGER = `
  const { url } = require('node:inspector');
  process.kill(process.pid, 'SIGUSR1');
  setTimeout(() => process.stdout.write(url() + ' ' + process.argv.slice(2)), 200);`;

test('a part of Writ opens no debugger when it is asked to by a signal', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-signal-'));
  const script = join(directory, 'asks.cjs');
  writeFileSync(script, ASKS_FOR_DEBUGGER);
  const child = spawn(process.execPath, nodeArguments(script, ['a', 'b c']), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  await once(child, 'close');
  rmSync(directory, { recursive: true });
  assert.deepEqual([out, err], ['undefined a,b c', '']);
});

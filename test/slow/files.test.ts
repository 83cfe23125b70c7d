import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeLeftBeside } from '../../shared/files.ts';
import { FakeRandom } from '../fakes/random.ts';
import { seed } from '../seed.ts';

const KILLS = 40;
const FILES = join(import.meta.dirname, '../../shared/files.ts');
/** Writes a file of one letter over and over, each time another letter and length. */
const WRITER = `
  const { writeFileAtomic } = await import(process.argv[1]);
  for (let at = 0; ; at += 1)
    writeFileAtomic(process.argv[2], Buffer.alloc(1 + ((at * 7919) % 300_000), 97 + (at % 26)));
`;

test('a file whose writer is killed at any moment is always a whole one, and what lay beside it goes', async (t) => {
  const random = new FakeRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'writ-killed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'state.json');
  let leftBeside = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', WRITER, FILES, path]);
    while (readdirSync(folder).length === 0) await sleep(5);
    await sleep(100 + random.fraction() * 100);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const text = readFileSync(path, 'latin1');
    assert.equal(text, text.charAt(0).repeat(text.length), 'a mixture of two files');
    leftBeside += readdirSync(folder).length - 1;
    removeLeftBeside(path);
    assert.deepEqual(readdirSync(folder), ['state.json']);
  }
  t.diagnostic(`${KILLS} kills, ${leftBeside} of them while a file was being written`);
  assert.ok(leftBeside > 0, 'no writer was killed in the middle of writing');
});

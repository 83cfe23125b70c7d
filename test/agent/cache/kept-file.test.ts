import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { KeptFile } from '../../../agent/cache/kept-file.ts';
import { memoryDirectory } from '../../fakes/memory-directory.ts';
import { KeptTestbed } from './kept-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

const WEB = makeAgentEntry({ id: 'web' });

test('keys that a crash left beside the file are removed', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  const path = await bed.keep([await bed.svidFor(WEB)]);
  writeFileSync(`${path}.1234.tmp`, 'half');
  bed.start();
  assert.equal(existsSync(`${path}.1234.tmp`), false);
  assert.equal(existsSync(path), true);
});

test('a directory that others can exchange is passed over for one that is safe', (t) => {
  const parent = memoryDirectory(t);
  mkdirSync(`${parent}/open`);
  chmodSync(`${parent}/open`, 0o777);
  const place = { trustDomain: 'example.org', dataDir: '/data' };
  const file = KeptFile.find({
    ...place,
    directories: [`${parent}/open`, '/proc/not-there', `${parent}/safe`],
  });
  assert.ok(file.path.startsWith(`${parent}/safe/svids-`));
  assert.equal(statSync(`${parent}/safe`).mode & 0o777, 0o700);
  assert.throws(
    () => KeptFile.find({ ...place, directories: [`${parent}/open`] }),
    /everybody may write to .*open/,
  );
});

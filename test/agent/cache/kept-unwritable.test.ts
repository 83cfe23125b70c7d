import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { test } from 'node:test';
import { memoryDirectory } from '../../fakes/memory-directory.ts';
import { KeptTestbed } from './kept-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

test('what cannot be written is tried again until it can, is told of once, and what was kept before stays', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  const web = makeAgentEntry({ id: 'web' });
  const { kept, cache, log, path } = bed.start();
  const abort = new AbortController();
  const running = kept.run(abort.signal);
  cache.apply([web]);
  cache.putSvids([await bed.svidFor(web)]);
  cache.syncSucceeded(bed.clock.now());
  await bed.clock.advance(1_000);
  const before = readFileSync(path, 'latin1');

  const inTheWay = `${path}.${process.pid}.tmp`; // of what is written before it takes its name
  mkdirSync(inTheWay);
  cache.putSvids([await bed.svidFor(web)]);
  await bed.clock.advance(20_000);
  assert.equal(readFileSync(path, 'latin1'), before);
  assert.deepEqual(log.messages('error'), ['SVIDs cannot be kept for the next start: it is tried again']);
  rmdirSync(inTheWay);
  await bed.clock.advance(10_000);
  assert.notEqual(readFileSync(path, 'latin1'), before);
  assert.deepEqual(log.messages('info'), ['SVIDs can be kept for the next start again']);
  abort.abort();
  await running;
});

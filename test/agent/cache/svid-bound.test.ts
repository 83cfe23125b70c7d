/** Which SVIDs the cache holds where there are more entries than it has room for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, it, test } from 'node:test';
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { settle } from '../../fakes/clock.ts';
import { memoryDirectory } from '../../fakes/memory-directory.ts';
import { CacheTestbed } from './cache-testbed.ts';
import { KEPT_FOR, KeptTestbed } from './kept-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

const MAX = 3;

describe('a full SVID cache', () => {
  let bed: CacheTestbed;
  let entries: readonly AgentEntry[];
  beforeEach(() => {
    bed = new CacheTestbed(MAX, ({ issuedAt }) => addSeconds(issuedAt, 1_800));
    entries = [1, 2, 3, 4, 5, 6].map((n) =>
      makeAgentEntry({ id: `e${n}`, selectors: [`unix:uid:${n}`], createdAt: new Date(n * 1_000) }),
    );
    bed.cache.apply(entries);
    bed.signAll();
  });

  const held = (): readonly string[] =>
    bed.cache.snapshot().flatMap(({ entry, svid }) => (svid === undefined ? [] : [entry.id]));
  const use = (n: number) => {
    const stream = bed.subscribe(`unix:uid:${n}`);
    bed.signAll();
    return stream;
  };

  it('holds the oldest entries until workloads ask', () => {
    assert.deepEqual(held(), ['e1', 'e2', 'e3']);
  });

  it('gives up the least recently used SVID, never one in use', () => {
    use(1).close();
    const third = use(3);
    use(4).close();
    assert.deepEqual(held(), ['e1', 'e4', 'e3']);
    use(5).close();
    assert.deepEqual(held(), ['e4', 'e5', 'e3']);
    third.close();
    use(6).close();
    assert.deepEqual(held(), ['e5', 'e3', 'e6']);
  });

  it('holds more than it has room for only while they are in use, and then for the next workloads of the same kind', () => {
    const streams = [1, 2, 4, 5].map(use);
    assert.deepEqual(held(), ['e1', 'e2', 'e4', 'e5']);
    const again = use(5);
    for (const stream of streams) stream.close();
    bed.cache.syncSucceeded(bed.clock.now());
    assert.deepEqual(held(), ['e2', 'e4', 'e5']);
    again.close();
  });

  it('does not take a renewal for a use', async () => {
    await bed.clock.advance(1_800_000);
    assert.deepEqual(bed.wantedIds(), ['e1', 'e2', 'e3']);
    bed.putSvids(entries.filter(({ id }) => id === 'e1'));
    use(4).close();
    assert.deepEqual(held(), ['e2', 'e3', 'e4']);
  });

  it('renews what it holds, and nothing else', async () => {
    use(4).close();
    await bed.clock.advance(1_800_000);
    assert.deepEqual(bed.wantedIds(), ['e2', 'e3', 'e4']);
  });

  it('gives nothing up while the server has not shown that it can give another', () => {
    const streams = [1, 2, 4, 5].map(use);
    for (const stream of streams) stream.close();
    bed.cache.syncFailed('away');
    bed.cache.svidsPostponed();
    assert.equal(bed.cache.svidCount, 4);
    bed.cache.syncSucceeded(bed.clock.now());
    assert.equal(bed.cache.svidCount, MAX);
  });

  it('lets a workload wait for an SVID that was given up, so that it gets all of its identities at once', async () => {
    use(4).close();
    const stream = bed.subscribe('unix:uid:1', 'unix:uid:2');
    await settle();
    assert.equal(stream.updates.length, 0);
    assert.equal(bed.wantedCalls, 2);
    bed.signAll();
    await settle();
    assert.deepEqual(
      stream.updates.map(({ identities }) => identities.map(({ entryId }) => entryId)),
      [['e1', 'e2']],
    );
  });

  it('does not let it wait while the server is away: it gets what is held', async () => {
    use(4).close();
    bed.cache.svidsPostponed();
    const stream = bed.subscribe('unix:uid:1', 'unix:uid:2');
    await settle();
    assert.deepEqual(stream.ids(), ['e2']);
    bed.signAll();
    await settle();
    assert.deepEqual(stream.ids(), ['e1', 'e2']);
  });

  it('asks for an SVID no more when whoever waited has gone', () => {
    const stream = bed.subscribe('unix:uid:5');
    assert.deepEqual(bed.wantedIds(), ['e5']);
    stream.close();
    assert.deepEqual(bed.wantedIds(), []);
  });

  it('fills its room again when entries go', () => {
    bed.cache.apply(entries.filter(({ id }) => id !== 'e2'));
    assert.deepEqual(bed.wantedIds(), ['e4']);
  });

  it('puts who waits first, and leaves a quarter of each batch to renewals', async () => {
    bed = new CacheTestbed(100, ({ issuedAt }) => addSeconds(issuedAt, 1_800));
    const all = Array.from({ length: 80 }, (_, n) =>
      makeAgentEntry({ id: `e${n}`, selectors: [`unix:uid:${n}`], disableX509SvidPrefetch: n >= 40 }),
    );
    bed.cache.apply(all);
    bed.signAll();
    await bed.clock.advance(1_800_000);
    for (let n = 40; n < 80; n += 1) bed.subscribe(`unix:uid:${n}`);
    const batch = bed.cache.wanted(20).map(({ id }) => Number(id.slice(1)));
    assert.equal(batch.filter((n) => n >= 40).length, 15);
    assert.ok(batch.slice(0, 15).every((n) => n >= 40));
  });
});

test('what the cache has given up is no longer kept, its entry is', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  const [web, db] = [makeAgentEntry({ id: 'web' }), makeAgentEntry({ id: 'db' })];
  const path = await bed.keep([await bed.svidFor(web), await bed.svidFor(db)]);
  const { kept, cache } = bed.start(KEPT_FOR, 1);
  assert.equal(kept.restore(), true);
  assert.equal(cache.svidCount, 2); // no server has answered yet
  cache.syncSucceeded(bed.clock.now());
  await kept.run(AbortSignal.abort());
  const lines = readFileSync(path, 'utf8').split('\n').slice(1, -2);
  assert.deepEqual(
    lines.map((line) => [line.includes('"id":"web"'), line.includes('privateKey')]),
    [
      [false, true],
      [true, false],
    ],
  );
});

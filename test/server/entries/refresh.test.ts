/** A server's index following the change feed: start, hints, an absent database, failovers, the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AGENT, idsOf, put, setUp, start } from './refresh-setting.ts';

test('starts with a snapshot in pages', async (t) => {
  const { feed, server } = setUp(t);
  put(feed, 'a', 'b', 'c');
  feed.snapshotPageSize = 2;
  const { index, refresher } = server();
  assert.throws(() => refresher.position(), { code: 14, reason: 'SERVER_BEHIND' });
  assert.equal(refresher.isFresh(), false);
  await start(refresher);
  assert.deepEqual(idsOf(index), ['a', 'b', 'c']);
  assert.deepEqual(refresher.position(), feed.head);
  assert.equal(refresher.isFresh(1), true);
  assert.ok(refresher.isFresh());
});

test('follows when hinted, and each second without a hint', async (t) => {
  const { feed, clock, server } = setUp(t);
  const { index, refresher } = server();
  await start(refresher);
  put(feed, 'a');
  feed.hint();
  await clock.until(() => idsOf(index).length === 1);
  put(feed, 'b');
  await clock.advance(999);
  assert.deepEqual(idsOf(index), ['a']);
  await clock.advance(1);
  assert.deepEqual(idsOf(index), ['a', 'b']);
});

test('does not lose a hint that comes during a read', async (t) => {
  const { feed, clock, server } = setUp(t);
  const { index, refresher } = server();
  await start(refresher);
  const gate = Promise.withResolvers<void>();
  feed.gate = gate.promise;
  feed.hint();
  await clock.advance(0);
  feed.hint();
  feed.gate = undefined;
  gate.resolve();
  await clock.advance(0);
  assert.equal(feed.reads, 3, 'at the start, and once for each hint');
  assert.deepEqual(idsOf(index), []);
});

test('shows a backlog of several pages at once, at the position of the head', async (t) => {
  const { feed, clock, server } = setUp(t);
  const { index, refresher } = server();
  await start(refresher);
  const told: number[] = [];
  index.watch(AGENT, (n) => told.push(n));
  feed.pageSize = 2;
  put(feed, 'a', 'b', 'c', 'a', 'd');
  feed.hint();
  await clock.until(() => idsOf(index).length > 0);
  assert.deepEqual(idsOf(index), ['a', 'b', 'c', 'd']);
  assert.deepEqual(told, [5]);
});

test('tries again and again when the database is away, and is stale after five seconds', async (t) => {
  const { feed, clock, server, warnings } = setUp(t);
  feed.failure = new Error('away');
  const { index, refresher } = server();
  const started = start(refresher);
  await clock.advance(10_000);
  assert.ok(warnings.length >= 5 && warnings.length < 30, `${warnings.length} warnings`);
  feed.failure = undefined;
  await clock.advance(3_000);
  await started;
  feed.failure = new Error('away');
  put(feed, 'a');
  await clock.advance(4_000); // it was confirmed within the last second
  assert.ok(refresher.isFresh());
  await clock.advance(1_001);
  assert.ok(!refresher.isFresh());
  assert.ok(refresher.isFresh(60_000));
  await assert.rejects(refresher.ensureFresh(100), { code: 14, reason: 'DATABASE_UNAVAILABLE' });
  assert.deepEqual(idsOf(index), [], 'what it has stays');
  feed.failure = undefined;
  await refresher.ensureFresh(100);
  assert.deepEqual(idsOf(index), ['a']);
  assert.ok(refresher.isFresh());
});

test('a clock that was set proves nothing fresh, and the next poll makes up for it', async (t) => {
  const { clock, server } = setUp(t);
  const { refresher } = server();
  await start(refresher);
  for (const hours of [-1, 1]) {
    clock.jump(new Date(clock.now().getTime() + hours * 3_600_000));
    assert.ok(!refresher.isFresh());
    await clock.advance(1_000);
    assert.ok(refresher.isFresh());
  }
});

test('the clock of a wall that comes past the same time again does not make an old index fresh', async (t) => {
  const { feed, clock, server } = setUp(t);
  const { refresher } = server();
  await start(refresher);
  feed.failure = new Error('away');
  await clock.advance(6_000);
  clock.jump(new Date(clock.now().getTime() - 6_000));
  assert.ok(!refresher.isFresh());
});

test('reloads after a failover that lost commits, without a moment of emptiness, and tells watchers', async (t) => {
  const { feed, clock, server, warnings } = setUp(t);
  put(feed, 'a', 'b');
  const { index, refresher } = server();
  await start(refresher);
  const told: string[] = [];
  index.watch(AGENT, (n, epoch) => told.push(`${epoch}/${n}`));
  put(feed, 'lost');
  await refresher.readNow(100);
  feed.loseLast(1);
  put(feed, 'c');
  const gate = Promise.withResolvers<void>();
  feed.gate = gate.promise;
  feed.hint();
  await clock.advance(0);
  assert.deepEqual(idsOf(index), ['a', 'b', 'lost']);
  feed.gate = undefined;
  gate.resolve();
  await clock.until(() => refresher.position().epoch === 'epoch-2');
  assert.deepEqual(idsOf(index), ['a', 'b', 'c']);
  assert.deepEqual(told, ['epoch-1/3', 'epoch-2/4']);
  assert.equal(warnings[0]?.message, 'position left the history, reloading');
});

test('reloads in the same epoch when its position was pruned', async (t) => {
  const { feed, server } = setUp(t);
  put(feed, 'a');
  const { index, refresher } = server();
  await start(refresher);
  put(feed, 'b', 'c', 'd');
  feed.pruneBefore(3);
  await refresher.readNow(100);
  assert.deepEqual(idsOf(index), ['a', 'b', 'c', 'd']);
  assert.deepEqual(refresher.position(), feed.head);
  assert.equal(refresher.position().epoch, 'epoch-1');
});

test('stops although a read hangs, and takes no more hints', async (t) => {
  const { feed, clock, server } = setUp(t);
  const { refresher } = server();
  await start(refresher);
  const gate = Promise.withResolvers<void>();
  feed.gate = gate.promise;
  feed.hint();
  await clock.advance(0);
  await refresher.stop();
  assert.equal(feed.listeners, 0);
  gate.resolve();
  await clock.advance(10_000);
  assert.equal(feed.reads, 2);
});

test('starting ends when aborted', async (t) => {
  const { feed, clock, server } = setUp(t);
  feed.failure = new Error('away');
  const abort = new AbortController();
  const started = assert.rejects(server().refresher.start(abort.signal), /stopping/);
  await clock.advance(100);
  abort.abort(new Error('stopping'));
  await started;
  assert.equal(feed.listeners, 0);
});

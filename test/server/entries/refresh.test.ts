import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { AuthorizedEntries } from '../../../server/entries/authorized-entries.ts';
import type { Entry } from '../../../server/entries/entry.ts';
import { IndexRefresher } from '../../../server/entries/refresh.ts';
import type { LogFields, Logger } from '../../../shared/log/logger.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { FakeChangeFeed } from '../../fakes/change-feed.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { makeAgent, makeEntry, td } from './make-entry.ts';

const AGENT = makeAgent('/spire/agent/a');
const entry = (id: string, revisionNumber = 0): Entry =>
  makeEntry({ id, spiffeId: `/${id}`, parentId: '/spire/agent/a', revisionNumber });
const put = (feed: FakeChangeFeed<Entry>, ...ids: string[]): void => {
  for (const id of ids) feed.put(id, entry(id));
};

interface Setting {
  readonly clock: FakeClock;
  readonly feed: FakeChangeFeed<Entry>;
  readonly warnings: { message: string; fields: LogFields | undefined }[];
  readonly server: () => { index: AuthorizedEntries; refresher: IndexRefresher<Entry> };
}

/** Refreshers made here are stopped when the test ends. */
function setUp(t: TestContext): Setting {
  const clock = new FakeClock();
  const feed = new FakeChangeFeed<Entry>();
  const warnings: Setting['warnings'] = [];
  const log: Logger = {
    ...silentLogger,
    warn: (message, fields) => warnings.push({ message, fields }),
    child: () => log,
  };
  const server = () => {
    const index = new AuthorizedEntries({ trustDomain: td, clock, log });
    const refresher = new IndexRefresher({
      name: 'entries',
      feed,
      replica: index,
      clock,
      random: new FakeRandom(),
      log,
    });
    t.after(() => refresher.stop());
    return { index, refresher };
  };
  return { clock, feed, warnings, server };
}

const start = (refresher: IndexRefresher<Entry>): Promise<void> =>
  refresher.start(new AbortController().signal);
const idsOf = (index: AuthorizedEntries): readonly string[] =>
  index
    .entriesOf(AGENT)
    .map((one) => one.id)
    .sort();

test('starts with a snapshot in pages', async (t) => {
  const { feed, clock, server } = setUp(t);
  put(feed, 'a', 'b', 'c');
  feed.snapshotPageSize = 2;
  const { index, refresher } = server();
  assert.throws(() => refresher.position(), { code: 14, reason: 'SERVER_BEHIND' });
  assert.equal(refresher.isFresh(), false);
  await start(refresher);
  assert.deepEqual(idsOf(index), ['a', 'b', 'c']);
  assert.deepEqual(refresher.position(), feed.head);
  assert.deepEqual(refresher.confirmedAt(), clock.now());
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
  const lastConfirmedMs = refresher.confirmedAt()?.getTime() ?? 0;
  await clock.advance(lastConfirmedMs + 5_000 - clock.now().getTime());
  assert.ok(refresher.isFresh());
  await clock.advance(1);
  assert.ok(!refresher.isFresh());
  assert.ok(refresher.isFresh(60_000));
  await assert.rejects(refresher.ensureFresh(100), { code: 14, reason: 'DATABASE_UNAVAILABLE' });
  assert.deepEqual(idsOf(index), [], 'what it has stays');
  feed.failure = undefined;
  await refresher.ensureFresh(100);
  assert.deepEqual(idsOf(index), ['a']);
  assert.ok(refresher.isFresh());
});

test('a clock that was set back proves nothing fresh', async (t) => {
  const { clock, server } = setUp(t);
  const { refresher } = server();
  await start(refresher);
  clock.jump(new Date(clock.now().getTime() - 3_600_000));
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

/** What an agent asks for against an index at 2 while the head is at 3. */
const catchUps: readonly (readonly [
  string,
  { epoch: string; n: number },
  { reads: number; n: number; isLogged: boolean },
])[] = [
  ['an older position: as it is', { epoch: 'epoch-1', n: 1 }, { reads: 0, n: 2, isLogged: false }],
  ['its own position: as it is', { epoch: 'epoch-1', n: 2 }, { reads: 0, n: 2, isLogged: false }],
  ['a newer position: reads up to it', { epoch: 'epoch-1', n: 3 }, { reads: 1, n: 3, isLogged: false }],
  [
    'a position beyond the head: counts as the head',
    { epoch: 'epoch-1', n: 99 },
    { reads: 1, n: 3, isLogged: true },
  ],
  ['another epoch: counts as the head', { epoch: 'epoch-x', n: 1 }, { reads: 1, n: 3, isLogged: true }],
];
for (const [name, seen, expected] of catchUps) {
  test(`catching up with ${name}`, async (t) => {
    const { feed, server, warnings } = setUp(t);
    put(feed, 'a', 'b');
    const { refresher } = server();
    await start(refresher);
    put(feed, 'c');
    const readsBefore = feed.reads;
    await refresher.catchUp(seen, 1_000);
    assert.equal(feed.reads - readsBefore, expected.reads);
    assert.equal(refresher.position().n, expected.n);
    assert.equal(warnings.length, expected.isLogged ? 1 : 0);
    if (!expected.isLogged) return;
    await refresher.catchUp(seen, 1_000);
    assert.equal(warnings.length, 1, 'logged once a minute');
  });
}

test('many that catch up at once share a read that began after they asked', async (t) => {
  const { feed, server } = setUp(t);
  const { refresher } = server();
  await start(refresher);
  put(feed, 'a');
  const before = feed.reads;
  await Promise.all(Array.from({ length: 50 }, () => refresher.catchUp({ epoch: 'epoch-1', n: 1 }, 1_000)));
  assert.ok(feed.reads - before <= 2);
  assert.equal(refresher.position().n, 1);
});

test('answers that the server is behind when it cannot catch up', async (t) => {
  const { feed, clock, server } = setUp(t);
  const { refresher } = server();
  await start(refresher);
  put(feed, 'a');
  feed.failure = new Error('secret host name');
  const seen = { epoch: 'epoch-1', n: 1 };
  const refusal = {
    code: 14,
    reason: 'SERVER_BEHIND',
    message: 'refresh of entries: the database does not answer',
  };
  await assert.rejects(refresher.catchUp(seen, 1_000), refusal);
  feed.failure = undefined;
  const gate = Promise.withResolvers<void>();
  feed.gate = gate.promise;
  const hung = assert.rejects(refresher.catchUp(seen, 1_000), refusal);
  await clock.advance(1_000);
  await hung;
  gate.resolve();
});

test('an agent that moves between two servers never sees an older world', async (t) => {
  const { feed, clock, server } = setUp(t);
  const servers = [server(), server()] as const;
  for (const { refresher } of servers) await start(refresher);
  let seen = servers[0].refresher.position();
  let revision = 0;
  for (let round = 0; round < 60; round += 1) {
    revision += 1;
    feed.put('a', entry('a', revision));
    if (round % 20 === 19) {
      feed.loseLast(1);
      revision -= 1;
    }
    const ahead = servers[round % 2 === 0 ? 0 : 1];
    const behind = servers[round % 2 === 0 ? 1 : 0];
    await ahead.refresher.readNow(1_000);
    seen = ahead.refresher.position();
    await behind.refresher.catchUp(seen, 1_000);
    const now = behind.refresher.position();
    assert.ok(now.epoch !== seen.epoch || now.n >= seen.n);
    assert.equal(behind.index.entriesOf(AGENT)[0]?.revisionNumber, revision || undefined);
    if (round % 7 === 0) await clock.advance(1_000);
  }
  assert.deepEqual(servers[0].refresher.position(), servers[1].refresher.position());
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

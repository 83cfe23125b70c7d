/** Requests that have seen a later world than the server: it catches up, or says that it is behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AGENT, entry, put, setUp, start } from './refresh-setting.ts';

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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pruneChanges } from '../../../server/datastore/prune-changes.ts';
import type { ChangeFeed, Position } from '../../../server/entries/change-feed.ts';
import { internal } from '../../../shared/errors.ts';
import { createOne, id, newEntry, newNode, selectors } from '../../contracts/samples.ts';
import { hearsNotifications, testDatabase } from '../../fakes/database.ts';

/** The ids of the changes after a position, in pages. */
async function pagesAfter<Item>(feed: ChangeFeed<Item>, position: Position): Promise<readonly string[][]> {
  const pages: string[][] = [];
  for (let at = position; ; ) {
    const page = await feed.changesAfter(at);
    assert.ok(page.kind === 'changes');
    pages.push(page.changes.map((change) => `${change.kind} ${change.id}`));
    if (page.atHead) return pages;
    at = page.position;
  }
}

const startOf = <Item>(feed: ChangeFeed<Item>): Promise<Position> => feed.snapshot(() => {});

test('changes come in pages of a thousand', async (t) => {
  const store = await (await testDatabase(t)).open();
  const start = await startOf(store.entryFeed);
  await store.entries.create(Array.from({ length: 2_500 }, (_, n) => newEntry(`e${n}`)));
  const pages = await pagesAfter(store.entryFeed, start);
  assert.deepEqual(
    pages.map(({ length }) => length),
    [1_000, 1_000, 500],
  );
  assert.equal(new Set(pages.flat()).size, 2_500);
});

test('a snapshot comes in pages of a thousand, and ends with a reader that fails', async (t) => {
  const store = await (await testDatabase(t)).open();
  await store.entries.create(Array.from({ length: 2_100 }, (_, n) => newEntry(`e${n}`)));
  const sizes: number[] = [];
  const position = await store.entryFeed.snapshot((items) => sizes.push(items.length));
  assert.deepEqual(sizes, [1_000, 1_000, 100]);
  assert.equal(position.n, 2_100);
  const failing = store.entryFeed.snapshot(() => {
    throw internal('no room');
  });
  await assert.rejects(failing, /no room/);
  assert.equal((await startOf(store.entryFeed)).n, 2_100);
});

test('a page before the head shows items as later changes left them, and the later page tells of them again', async (t) => {
  const store = await (await testDatabase(t)).open();
  const start = await startOf(store.entryFeed);
  const first = await createOne(store.entries, newEntry('first', { id: 'first' }));
  await store.entries.create(Array.from({ length: 999 }, (_, n) => newEntry(`e${n}`)));
  await store.entries.delete([first.id]);
  const pages = await pagesAfter(store.entryFeed, start);
  assert.equal(pages[0]?.[0], 'delete first');
  assert.deepEqual(pages[1], ['delete first']);
});

test('what changes nothing has no number', async (t) => {
  const store = await (await testDatabase(t)).open();
  await createOne(store.entries, newEntry('a'));
  await store.nodes.attest(newNode('a', { agentVersion: '1' }), undefined);
  const starts = [await startOf(store.entryFeed), await startOf(store.nodeFeed)];
  await store.entries.create([newEntry('a')]);
  await store.entries.update([{ id: 'nobody', changes: {} }]);
  await store.entries.delete(['nobody']);
  await store.entries.prune(new Date());
  await store.nodes.setAgentVersion(newNode('a').id, '1');
  await store.nodes.activatePending(newNode('a').id, '1');
  await store.nodes.remove(newNode('b').id, 'evict');
  assert.deepEqual([await startOf(store.entryFeed), await startOf(store.nodeFeed)], starts);
});

test('every deed on a node has its change', async (t) => {
  const store = await (await testDatabase(t)).open();
  const { id: node } = newNode('a');
  const renewed = { serialNumber: '2', expiresAt: new Date('2026-01-01T02:00:00Z') };
  const deeds: readonly (readonly [name: string, deed: () => Promise<unknown>])[] = [
    ['attest', () => store.nodes.attest(newNode('a'), undefined)],
    ['set pending', () => store.nodes.setPending(node, renewed)],
    ['activate', () => store.nodes.activatePending(node, '2')],
    ['version', () => store.nodes.setAgentVersion(node, '9')],
    ['ban', () => store.nodes.remove(node, 'ban')],
  ];
  for (const [name, deed] of deeds) {
    const start = await startOf(store.nodeFeed);
    await deed();
    assert.deepEqual(await pagesAfter(store.nodeFeed, start), [[`put ${node}`]], name);
  }
  const start = await startOf(store.nodeFeed);
  await store.nodes.remove(node, 'evict');
  assert.deepEqual(await pagesAfter(store.nodeFeed, start), [[`delete ${node}`]]);
});

test('renewals of one tick are one commit', async (t) => {
  const database = await testDatabase(t);
  const store = await database.open();
  const names = Array.from({ length: 50 }, (_, n) => `n${n}`);
  await Promise.all(names.map((name) => store.nodes.attest(newNode(name), undefined)));
  const reading = database.database();
  const rows = await reading.query<{ commits: number }>(
    "select count(distinct xmin::text) as commits from changes where feed = 'nodes' and item_id is not null",
  );
  await reading.close();
  assert.deepEqual(rows, [{ commits: 1 }]);
});

test('what goes with something else has its change too', async (t) => {
  const store = await (await testDatabase(t)).open();
  const agent = id('/spire/agent/join_token/secret');
  const expiresAt = new Date('2026-01-01T02:00:00Z');
  const start = await startOf(store.entryFeed);
  const alias = newEntry('alias', {
    id: 'alias',
    parentId: agent,
    selectors: selectors(`spiffe_id:${agent}`),
  });
  await store.joinTokens.create({ value: 'secret', expiresAt }, alias);
  assert.deepEqual(await pagesAfter(store.entryFeed, start), [['put alias']]);
  await store.nodes.attest(newNode('x', { id: agent, attestationType: 'join_token' }), 'secret');
  await createOne(store.entries, newEntry('short', { id: 'short', expiresAt }));
  const before = [await startOf(store.entryFeed), await startOf(store.nodeFeed)] as const;
  await store.nodes.remove(agent, 'evict');
  await store.entries.prune(new Date(expiresAt.getTime() + 1));
  assert.deepEqual(await pagesAfter(store.entryFeed, before[0]), [['delete alias', 'delete short']]);
  assert.deepEqual(await pagesAfter(store.nodeFeed, before[1]), [[`delete ${agent}`]]);
});

test('pruning keeps the last changes and the young ones, in one unbroken run', async (t) => {
  const testing = await testDatabase(t);
  const store = await testing.open();
  const database = testing.database();
  t.after(() => database.close());
  await store.entries.create(Array.from({ length: 30 }, (_, n) => newEntry(`e${n}`)));
  const left = async () =>
    (await database.query<{ n: number }>("select n from changes where feed = 'entries' order by n")).map(
      ({ n }) => n,
    );
  assert.equal(await pruneChanges(database, { count: 5, ms: 3_600_000 }), 0);
  await database.transaction('read committed', (tx) =>
    tx.query(
      "update changes set created_at = now() - interval '2 hours' where feed = 'entries' and n not in (20, 22)",
    ),
  );
  assert.equal(await pruneChanges(database, { count: 5, ms: 3_600_000 }), 20);
  assert.deepEqual(
    await left(),
    Array.from({ length: 11 }, (_, index) => 20 + index),
  );
  assert.equal(await pruneChanges(database, { count: 5, ms: 0 }), 6);
  assert.equal(await pruneChanges(database, { count: 0, ms: 0 }), 4);
  assert.deepEqual(await left(), [30]);
  const start = await startOf(store.entryFeed);
  await createOne(store.entries, newEntry('last', { id: 'last' }));
  assert.deepEqual(await pagesAfter(store.entryFeed, start), [['put last']]);
});

const skip = hearsNotifications() ? false : 'behind a transaction pooler nobody hears notifications';

test('a commit wakes the listeners of its feed alone', { skip }, async (t) => {
  const testing = await testDatabase(t);
  const [writer, listener] = [await testing.open(), await testing.open()];
  let nodeHints = 0;
  let bundleHints = 0;
  listener.nodeFeed.onHint(() => (nodeHints += 1));
  listener.bundles.onHint(() => (bundleHints += 1));
  const hint = new Promise<void>((resolve) => listener.entryFeed.onHint(resolve));
  await createOne(writer.entries, newEntry('a'));
  await hint;
  assert.deepEqual([nodeHints, bundleHints], [0, 0]);
  const bundleHint = new Promise<void>((resolve) => listener.bundles.onHint(resolve));
  await writer.bundles.append(id('/x').trustDomain, {
    jwt: [{ keyId: 'k', publicKey: Uint8Array.of(1), expiresAt: undefined, tainted: false }],
  });
  await bundleHint;
});

test('a listener that was stopped is not called, and one that lost its connection is called again', {
  skip,
}, async (t) => {
  const testing = await testDatabase(t);
  const store = await testing.open();
  const stop = store.entryFeed.onHint(() => assert.fail('was stopped'));
  stop();
  const database = testing.database();
  t.after(() => database.close());
  const reconnected = new Promise<void>((resolve) => store.nodeFeed.onHint(resolve));
  await database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'",
  );
  await reconnected;
  const hint = new Promise<void>((resolve) => store.nodeFeed.onHint(resolve));
  await store.nodes.attest(newNode('a'), undefined);
  await hint;
});

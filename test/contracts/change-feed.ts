/** What every ChangeFeed does. Run on Postgres and on the fake by change-feed.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangeFeed, Position } from '../../server/entries/change-feed.ts';
import type { Ending } from '../fakes/database.ts';

/** A feed, and what can happen to what it tells of. Each call commits before it resolves. */
export interface FeedWorld<Item> {
  readonly feed: ChangeFeed<Item>;
  put(id: string, text: string): Promise<void>;
  delete(id: string): Promise<void>;
  /** A failover that lost the last commits. */
  loseLast(count: number): Promise<void>;
  pruneBefore(n: number): Promise<void>;
  /** `id=text` as put. */
  show(item: Item): string;
}

type Open<Item> = (t: Ending) => Promise<FeedWorld<Item>>;

/** What a reader knows after it has read everything. */
export class Reader<Item> {
  readonly #world: Pick<FeedWorld<Item>, 'feed' | 'show'>;
  readonly items = new Map<string, string>();
  position: Position | undefined;
  reloads = 0;

  constructor(world: Pick<FeedWorld<Item>, 'feed' | 'show'>) {
    this.#world = world;
  }

  get shown(): string {
    return [...this.items.values()].sort().join(' ');
  }

  get at(): Position {
    assert.ok(this.position);
    return this.position;
  }

  async catchUp(): Promise<void> {
    for (let isAtHead = false; !isAtHead; ) isAtHead = await this.step();
  }

  /** Reads one page, or everything where the position is lost; whether the head was reached. */
  async step(): Promise<boolean> {
    const { feed, show } = this.#world;
    const page = this.position === undefined ? undefined : await feed.changesAfter(this.position);
    if (page?.kind !== 'changes') {
      await this.#reload(page === undefined ? undefined : this.position);
      return false;
    }
    for (const change of page.changes) {
      if (change.kind === 'put') this.items.set(change.id, show(change.item));
      else this.items.delete(change.id);
    }
    this.position = page.position;
    return page.atHead;
  }

  async #reload(lost: Position | undefined): Promise<void> {
    this.reloads += 1;
    this.items.clear();
    const { feed, show } = this.#world;
    this.position = await feed.snapshot((items) => {
      for (const item of items) this.items.set(show(item).split('=')[0] ?? '', show(item));
    }, lost);
  }
}

export function changeFeedContract<Item>(open: Open<Item>): void {
  following(open);
  losing(open);
}

function following<Item>(open: Open<Item>): void {
  test('an empty feed has a position from which the first change is read', async (t) => {
    const world = await open(t);
    const position = await world.feed.snapshot(() => assert.fail('no page of nothing'));
    const nothing = await world.feed.changesAfter(position);
    assert.deepEqual(nothing, { kind: 'changes', changes: [], position, atHead: true });
    await world.put('a', '1');
    const changes = await world.feed.changesAfter(position);
    assert.ok(changes.kind === 'changes');
    assert.deepEqual(
      changes.changes.map(({ kind, id }) => `${kind} ${id}`),
      ['put a'],
    );
    assert.deepEqual(changes.position, { ...changes.position, epoch: position.epoch, n: position.n + 1 });
    assert.notEqual(changes.position.tag, position.tag);
  });

  test('a snapshot holds everything, and its position is the head', async (t) => {
    const world = await open(t);
    await world.put('a', '1');
    await world.put('b', '1');
    await world.delete('a');
    const reader = new Reader(world);
    await reader.step();
    assert.equal(reader.shown, 'b=1');
    const page = await world.feed.changesAfter(reader.at);
    assert.deepEqual(page, { kind: 'changes', changes: [], position: reader.at, atHead: true });
  });

  test('of an item that changed several times only its last state is told, in the order of the last changes', async (t) => {
    const world = await open(t);
    const start = await world.feed.snapshot(() => {});
    await world.put('a', '1');
    await world.put('b', '1');
    await world.put('a', '2');
    await world.put('c', '1');
    await world.delete('b');
    const page = await world.feed.changesAfter(start);
    assert.ok(page.kind === 'changes');
    const told = page.changes.map((change) =>
      change.kind === 'put' ? world.show(change.item) : `no ${change.id}`,
    );
    assert.deepEqual(told, ['a=2', 'c=1', 'no b']);
    assert.equal(page.position.n, start.n + 5);
  });

  test('an item that was deleted and made again is there', async (t) => {
    const world = await open(t);
    const reader = new Reader(world);
    await world.put('a', '1');
    await reader.catchUp();
    await world.delete('a');
    await world.put('a', '2');
    await reader.catchUp();
    assert.equal(reader.shown, 'a=2');
    assert.equal(reader.reloads, 1);
  });
}

function losing<Item>(open: Open<Item>): void {
  test('a failover that loses ten changes makes the reader reload under a new epoch', async (t) => {
    const world = await open(t);
    const reader = new Reader(world);
    for (let n = 0; n < 15; n++) await world.put(`e${n}`, '1');
    await reader.catchUp();
    const before = reader.at;
    await world.loseLast(10);
    for (let n = 0; n < 12; n++) await world.put(`f${n}`, '1');
    assert.deepEqual(await world.feed.changesAfter(before), { kind: 'lost' });
    await reader.catchUp();
    assert.notEqual(reader.at.epoch, before.epoch);
    assert.equal(reader.reloads, 2);
    const expected = [
      ...[0, 1, 2, 3, 4].map((n) => `e${n}=1`),
      ...Array.from({ length: 12 }, (_, n) => `f${n}=1`),
    ];
    assert.equal(reader.shown, expected.sort().join(' '));
  });

  test('a loss is noticed while the head is still behind the reader', async (t) => {
    const world = await open(t);
    const reader = new Reader(world);
    for (const id of ['a', 'b', 'c']) await world.put(id, '1');
    await reader.catchUp();
    const before = reader.at;
    await world.loseLast(2);
    await reader.catchUp();
    assert.equal(reader.shown, 'a=1');
    assert.notEqual(reader.at.epoch, before.epoch);
    assert.ok(reader.at.n < before.n);
  });

  test('two readers that report the same loss share one new epoch', async (t) => {
    const world = await open(t);
    const readers = [new Reader(world), new Reader(world), new Reader(world)];
    for (const id of ['a', 'b', 'c']) await world.put(id, '1');
    for (const reader of readers) await reader.catchUp();
    await world.loseLast(1);
    await world.put('d', '1');
    await Promise.all(readers.map((reader) => reader.catchUp()));
    assert.equal(new Set(readers.map((reader) => reader.at.epoch)).size, 1);
    assert.deepEqual(
      readers.map(({ shown }) => shown),
      readers.map(() => 'a=1 b=1 d=1'),
    );
    const { epoch } = readers[0]?.at ?? assert.fail();
    for (const reader of readers) await reader.catchUp();
    assert.equal(readers[0]?.at.epoch, epoch);
  });

  test('a reader that stood before the loss follows into the new epoch', async (t) => {
    const world = await open(t);
    const [ahead, behind] = [new Reader(world), new Reader(world)];
    await world.put('a', '1');
    await behind.catchUp();
    await world.put('b', '1');
    await ahead.catchUp();
    await world.loseLast(1);
    await world.put('c', '1');
    await ahead.catchUp();
    await behind.catchUp();
    assert.deepEqual(behind.position, ahead.position);
    assert.equal(behind.shown, 'a=1 c=1');
  });

  test('a reader behind the pruned part reloads and the epoch stays', async (t) => {
    const world = await open(t);
    const reader = new Reader(world);
    await world.put('a', '1');
    await reader.catchUp();
    const before = reader.at;
    for (const id of ['b', 'c', 'd']) await world.put(id, '1');
    await world.pruneBefore(before.n + 2);
    assert.deepEqual(await world.feed.changesAfter(before), { kind: 'lost' });
    await reader.catchUp();
    assert.equal(reader.at.epoch, before.epoch);
    assert.equal(reader.shown, 'a=1 b=1 c=1 d=1');
  });

  test('a position that is not lost begins no epoch, whoever says so', async (t) => {
    const world = await open(t);
    await world.put('a', '1');
    const position = await world.feed.snapshot(() => {});
    await world.put('b', '1');
    const after = await world.feed.snapshot(() => {}, position);
    assert.equal(after.epoch, position.epoch);
    const stranger = { ...position, epoch: 'c9a1c1de-0000-4000-8000-000000000000' };
    assert.deepEqual(await world.feed.changesAfter(stranger), { kind: 'lost' });
    assert.equal((await world.feed.snapshot(() => {}, stranger)).epoch, position.epoch);
  });
}

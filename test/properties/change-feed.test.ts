/** Whatever is written, by whoever at once: a reader that follows the feed ends with exactly what a snapshot shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Datastore } from '../../server/datastore/open.ts';
import type { Entry } from '../../server/entries/entry.ts';
import { Reader } from '../contracts/change-feed.ts';
import { newEntry, newNode } from '../contracts/samples.ts';
import type { TestDatabase } from '../fakes/database.ts';
import { testDatabase } from '../fakes/database.ts';
import { postgresFeedWorld } from '../fakes/feed-world.ts';

type Deed =
  | { readonly kind: 'put' | 'delete'; readonly ids: readonly string[] }
  | { readonly kind: 'refused-batch'; readonly ids: readonly string[] }
  | { readonly kind: 'read' };

const ids = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 4 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ kind: fc.constantFrom('put' as const, 'delete' as const), ids }),
  fc.record({ kind: fc.constant('refused-batch' as const), ids }),
  fc.record({ kind: fc.constant('read' as const) }),
);

const show = (entry: Entry): string => `${entry.id}=${entry.hint} ${entry.revisionNumber}`;

interface Writer {
  readonly name: string;
  readonly store: Datastore;
  readonly reader: Reader<Entry>;
}

/** One writer's deeds in order; what a batch that fails would have written must never be seen. */
async function write({ store, reader, name }: Writer, deeds: readonly Deed[]): Promise<void> {
  for (const [index, { kind, ...rest }] of deeds.entries()) {
    const chosen = 'ids' in rest ? rest.ids : [];
    if (kind === 'read') await reader.catchUp();
    else if (kind === 'delete') await store.entries.delete(chosen);
    else if (kind === 'put') await put(store, chosen, `${name}${index}`);
    else await assert.rejects(put(store, [...chosen, 'bad'], 'never\u0000'));
  }
}

async function put(store: Datastore, chosen: readonly string[], hint: string): Promise<void> {
  await store.entries.create(chosen.map((id) => newEntry(id, { id, hint })));
  await store.entries.update(chosen.map((id) => ({ id, changes: { hint } })));
}

async function fresh(store: Datastore): Promise<string> {
  const reader = new Reader({ feed: store.entryFeed, show });
  await reader.step();
  return reader.shown;
}

test('after any deeds of two writers a following reader equals a fresh snapshot', async (t) => {
  const database = await testDatabase(t);
  const [first, second] = [await database.open(), await database.open()];
  const sequences = fc.array(deed, { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sequences, sequences, async (ofFirst, ofSecond) => {
      const readers = [first, second].map((store) => new Reader({ feed: store.entryFeed, show }));
      const [one, two] = readers;
      assert.ok(one && two);
      await Promise.all([
        write({ name: 'x', store: first, reader: one }, ofFirst),
        write({ name: 'y', store: second, reader: two }, ofSecond),
      ]);
      const expected = await fresh(first);
      for (const reader of readers) {
        await reader.catchUp();
        assert.equal(reader.shown, expected);
        assert.equal(reader.reloads, 1);
      }
      assert.deepEqual(one.position, two.position);
    }),
    { numRuns: 40 },
  );
});

test('any loss among any deeds brings every reader to the same state under one epoch', async (t) => {
  const database = await testDatabase(t);
  const store = await database.open();
  const world = await postgresFeedWorld(database, store);
  const step = fc.record({ id: fc.constantFrom('a', 'b', 'c'), reads: fc.boolean() });
  const steps = fc.array(step, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(steps, fc.nat({ max: 4 }), steps, async (before, lost, after) => {
      const readers = [new Reader(world), new Reader(world)];
      const run = async (given: typeof before): Promise<void> => {
        for (const [index, { id, reads }] of given.entries()) {
          await world.put(id, `${index}`);
          if (reads) await readers[index % 2]?.catchUp();
        }
      };
      await run(before);
      await world.loseLast(Math.min(lost, before.length));
      await run(after);
      // Twice: the second reader may be the one that finds the loss and begins the epoch.
      for (const reader of [...readers, ...readers]) await reader.catchUp();
      const snapshot = new Reader(world);
      await snapshot.step();
      for (const reader of readers) {
        assert.equal(reader.shown, snapshot.shown);
        assert.deepEqual(reader.position, snapshot.position);
      }
    }),
    { numRuns: 25 },
  );
});

test('numbers of concurrent writers have no gap, and no reader sees a later one before an earlier', async (t) => {
  const database = await testDatabase(t);
  const stores = [await database.open(), await database.open()];
  let isWriting = true;
  const following = follow(database, () => isWriting);
  await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      const store = stores[writer % 2];
      for (let n = 0; n < 10; n++) {
        const name = `${writer}-${n}`;
        await store?.entries.create([newEntry(name), newEntry(`${name}-second`)]);
        if (n % 3 === 0) await store?.nodes.attest(newNode(name), undefined);
      }
    }),
  );
  isWriting = false;
  const seen = await following;
  assert.deepEqual(
    seen,
    Array.from({ length: 160 }, (_, index) => index + 1),
  );
});

/** The numbers of entry changes, as a reader that polls all the time sees them appear. */
async function follow(database: TestDatabase, isWriting: () => boolean): Promise<readonly number[]> {
  const reading = database.database();
  const seen: number[] = [];
  for (let isLast = false; !isLast; ) {
    isLast = !isWriting();
    const rows = await reading.query<{ n: number }>(
      "select n from changes where feed = 'entries' and n > $1 order by n",
      [seen.at(-1) ?? 0],
    );
    seen.push(...rows.map(({ n }) => n));
  }
  await reading.close();
  return seen;
}

/** The entry feed of a test database, with the accidents that can befall it. Used by the tests of the change feed. */
import type { Datastore } from '../../server/datastore/open.ts';
import type { Entry } from '../../server/entries/entry.ts';
import type { FeedWorld } from '../contracts/change-feed.ts';
import { newEntry } from '../contracts/samples.ts';
import type { TestDatabase } from './database.ts';

/** A database after a failover has what was committed until some change: keeps the rows to go back to. */
interface Undo {
  readonly id: string;
  readonly before: Entry | undefined;
}

export async function postgresFeedWorld(
  testDatabase: TestDatabase,
  opened?: Datastore,
): Promise<FeedWorld<Entry>> {
  const store = opened ?? (await testDatabase.open());
  const undos: Undo[] = [];
  return {
    feed: store.entryFeed,
    put: async (id, text) => {
      const before = await store.entries.find(id);
      if (before === undefined) await store.entries.create([newEntry(id, { id, hint: text })]);
      else await store.entries.update([{ id, changes: { hint: text } }]);
      undos.push({ id, before });
    },
    delete: async (id) => {
      undos.push({ id, before: await store.entries.find(id) });
      await store.entries.delete([id]);
    },
    loseLast: (count) => loseLast(testDatabase, undos.splice(Math.max(undos.length - count, 0)).reverse()),
    pruneBefore: (n) => run(testDatabase, "delete from changes where feed = 'entries' and n < $1", [n]),
    show: (entry) => `${entry.id}=${entry.hint}`,
  };
}

/** Rewinds changes, counter and items together; deletions are not undone, since no test loses one. */
async function loseLast(testDatabase: TestDatabase, undos: readonly Undo[]): Promise<void> {
  for (const { id, before } of undos) {
    if (before === undefined) await run(testDatabase, 'delete from entries where id = $1', [id]);
    else await run(testDatabase, 'update entries set hint = $2 where id = $1', [id, before.hint]);
  }
  const head = `(select head - $1::int from feeds where name = 'entries')`;
  await run(testDatabase, `delete from changes where feed = 'entries' and n > ${head}`, [undos.length]);
  await run(testDatabase, `update feeds set head = head - $1::int where name = 'entries'`, [undos.length]);
}

async function run(testDatabase: TestDatabase, sql: string, values: readonly unknown[]): Promise<void> {
  const database = testDatabase.database();
  try {
    await database.transaction('read committed', (tx) => tx.query(sql, values));
  } finally {
    await database.close();
  }
}

/** Backup and restore of a database, against a real Postgres. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { backupDatabase, restoreDatabase } from '../../../../server/backup.ts';
import { endLine } from '../../../../server/datastore/backup/format.ts';
import { checkBackup } from '../../../../server/datastore/backup/read-backup.ts';
import { BACKUP_TABLES, PAGE_ROWS } from '../../../../server/datastore/backup/tables.ts';
import { toHex } from '../../../../shared/bytes.ts';
import { Code } from '../../../../shared/errors.ts';
import { createOne, newEntry } from '../../../contracts/samples.ts';
import { hearsNotifications, testDatabase } from '../../../fakes/database.ts';
import { mutated } from '../../../properties/arbitraries.ts';
import { isRefusal } from '../../../refusal.ts';
import { readGolden, SCHEMA_VERSION } from '../schema-text.ts';
import {
  contentOf,
  direct,
  needsFor,
  populate,
  restoreInto,
  temporaryPath,
  withStores,
} from './backup-testbed.ts';

test('every table and column of the schema is in a backup, but the feeds', async (t) => {
  const database = (await testDatabase(t)).database();
  const rows = await database.query<{ name: string; columns: string }>(
    `select table_name as name, string_agg(column_name, ', ' order by ordinal_position) as columns
     from information_schema.columns where table_schema = 'public' group by table_name`,
  );
  await database.close();
  const known = new Map(rows.map(({ name, columns }) => [name, columns]));
  for (const name of ['feeds', 'changes', 'schema_migrations', 'leases', 'servers'])
    assert.ok(known.delete(name));
  assert.deepEqual(new Map(BACKUP_TABLES.map(({ name, columns }) => [name, columns])), known);
  const sequences = [...readGolden().matchAll(/\b\w+_(?:seq|saves)\b/g)].map(([name]) => name);
  const restored = BACKUP_TABLES.flatMap(({ sequence }) => sequence?.name ?? []);
  assert.deepEqual(
    sequences.filter((name) => !restored.includes(name)),
    [],
  );
});

for (const count of [0, PAGE_ROWS - 2, PAGE_ROWS - 1, 2 * PAGE_ROWS + 3]) {
  test(`what a database with ${count + 1} entries holds comes back as it was`, async (t) => {
    const [from, to] = [await testDatabase(t), await testDatabase(t)];
    const path = temporaryPath(t);
    await populate(from, count);
    const written = await backupDatabase(needsFor(from, path));
    assert.deepEqual(written, {
      bundles: 2,
      federation_relationships: 1,
      entries: count + 1,
      nodes: 2,
      join_tokens: 1,
      ca_journals: 1,
    });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(dirname(path)), ['writ.backup']);
    const restored = await restoreInto(to, { path, empties: false });
    assert.deepEqual(restored, written);
    assert.deepEqual(await contentOf(to), await contentOf(from));
  });
}

test('a restored database goes on: new rows get new numbers', async (t) => {
  const [from, to] = [await testDatabase(t), await testDatabase(t)];
  const path = temporaryPath(t);
  await populate(from, 3);
  await backupDatabase(needsFor(from, path));
  await restoreInto(to, { path, empties: false });
  await withStores(to, async (store) => {
    await createOne(store.entries, newEntry('later'));
    const journal = { id: undefined, activeAuthorityId: 'bb', content: Uint8Array.of(1) };
    await store.journals.save({ ...journal, expiresAt: new Date(2_000) });
    const [newest] = await store.journals.find(['aa', 'bb']);
    assert.equal(newest?.activeAuthorityId, 'bb');
  });
});

test('a backup is of one moment, whatever a server writes meanwhile', async (t) => {
  const [from, to] = [await testDatabase(t), await testDatabase(t)];
  const path = temporaryPath(t);
  await populate(from, PAGE_ROWS);
  await withStores(from, async (store) => {
    let isDone = false;
    // Two entries at a time in one transaction: an even number at any moment.
    const writing = (async () => {
      for (let n = 0; !isDone; n += 1) await store.entries.create([newEntry(`x${n}`), newEntry(`y${n}`)]);
    })();
    for (let round = 0; round < 5; round += 1) {
      const { entries = 0 } = await backupDatabase(needsFor(from, path));
      assert.equal((entries - PAGE_ROWS - 1) % 2, 0);
    }
    isDone = true;
    await writing;
  });
  await restoreInto(to, { path, empties: false });
});

test('a restore begins a new epoch of each feed, so that whoever knew the database before reloads', async (t) => {
  const testing = await testDatabase(t);
  const path = temporaryPath(t);
  await populate(testing, 3);
  const positions = await withStores(testing, async (store) => ({
    entries: await store.entryFeed.snapshot(() => {}),
    nodes: await store.nodeFeed.snapshot(() => {}),
  }));
  await backupDatabase(needsFor(testing, path));
  await restoreInto(testing, { path, empties: true });
  await withStores(testing, async (store) => {
    assert.deepEqual(await store.entryFeed.changesAfter(positions.entries), { kind: 'lost' });
    assert.deepEqual(await store.nodeFeed.changesAfter(positions.nodes), { kind: 'lost' });
    const now = await store.entryFeed.snapshot(() => {}, positions.entries);
    assert.notEqual(now.epoch, positions.entries.epoch);
    assert.ok(now.n > positions.entries.n);
    assert.deepEqual(await store.entryFeed.changesAfter(now), {
      kind: 'changes',
      changes: [],
      position: now,
      atHead: true,
    });
  });
});

test('a database that holds something is refused without force, and replaced with it', async (t) => {
  const [from, to] = [await testDatabase(t), await testDatabase(t)];
  const path = temporaryPath(t);
  await populate(from, 2);
  await populate(to, 9);
  await backupDatabase(needsFor(from, path));
  const before = await contentOf(to);
  await assert.rejects(
    restoreInto(to, { path, empties: false }),
    isRefusal(
      Code.failedPrecondition,
      /not empty \(table bundles\): with -force everything in it is deleted/,
    ),
  );
  assert.deepEqual(await contentOf(to), before);
  await restoreInto(to, { path, empties: true });
  assert.deepEqual(await contentOf(to), await contentOf(from));
});

test('a restore is refused while a server uses the database', async (t) => {
  const [from, to] = [await testDatabase(t), await testDatabase(t)];
  const path = temporaryPath(t);
  await populate(from, 1);
  await backupDatabase(needsFor(from, path));
  await withStores(to, () =>
    assert.rejects(
      restoreDatabase({ ...needsFor(direct(to), path), empties: true }),
      isRefusal(Code.failedPrecondition, /in use by \d+ other connection\(s\) \(.*\): stop the servers/),
    ),
  );
});

test('a restore through a pooler is refused, since servers that are idle cannot be seen there', {
  skip: hearsNotifications() ? 'no pooler here' : false,
}, async (t) => {
  const to = await testDatabase(t);
  const path = temporaryPath(t);
  await populate(to, 1);
  await backupDatabase(needsFor(to, path));
  const before = await contentOf(to);
  await assert.rejects(
    restoreDatabase({ ...needsFor(to, path), empties: true }),
    isRefusal(Code.failedPrecondition, /goes through a pooler/),
  );
  assert.deepEqual(await contentOf(to), before);
});

test('the managed database of another user is not mistaken for something else', {
  skip: process.geteuid?.() === 0 ? false : 'only root gives files away',
}, async (t) => {
  const directory = dirname(temporaryPath(t));
  mkdirSync(join(directory, 'data'), { mode: 0o700 });
  chownSync(join(directory, 'data'), 54_321, 54_321);
  const needs = needsFor({ connectionString: 'user=unused dbname=unused' }, join(directory, 'b'));
  const config = { datastore: { kind: 'managed', directory } } as const;
  await assert.rejects(
    backupDatabase({ ...needs, config }),
    isRefusal(Code.failedPrecondition, /database directory .* belongs to uid 54321/),
  );
});

test('a file that was cut off or changed anywhere is refused', async (t) => {
  const testing = await testDatabase(t);
  const path = temporaryPath(t);
  await populate(testing, 3);
  await backupDatabase(needsFor(testing, path));
  const whole = readFileSync(path);
  await fc.assert(
    fc.asyncProperty(mutated(whole), async (bytes) => {
      writeFileSync(path, bytes);
      await assert.rejects(checkBackup(path), isRefusal(Code.invalidArgument, /cannot be restored: /));
    }),
  );
});

const sealed = (text: string, rows: number): string =>
  text + endLine({ rows, sha256: toHex(createHash('sha256').update(text).digest()) });

const HEADER = `{"format":"writ server backup","version":1,"schemaVersion":${SCHEMA_VERSION},"createdAt":"2026-01-01T00:00:00Z"}\n`;

const foreign: readonly (readonly [string, string, RegExp])[] = [
  ['an empty file', '', /it is empty/],
  ['a dump of another program', '-- PostgreSQL database dump\n\n', /it is not a backup of writ server/],
  ['a file without lines', 'x'.repeat(20_000_000), /it is not a backup of writ server/],
  ['one line without its end', HEADER.trimEnd(), /its last line is cut off/],
  [
    'a later format',
    HEADER.replace('"version":1', '"version":2'),
    /version 2 of the format, this program reads 1/,
  ],
  [
    'a header without a schema',
    HEADER.replace(`"schemaVersion":${SCHEMA_VERSION},`, ''),
    /its first line is damaged/,
  ],
  [
    'another schema',
    sealed(HEADER.replace(`schemaVersion":${SCHEMA_VERSION}`, 'schemaVersion":99'), 0),
    new RegExp(`from version 99 of the database schema, and the database has ${SCHEMA_VERSION}`),
  ],
  ['a table of nobody', sealed(`${HEADER}ghosts {}\n`, 1), /a table that this program does not know/],
];

test('other files, and files of other versions, are refused with the reason; the database stays as it is', async (t) => {
  const testing = await testDatabase(t);
  const path = temporaryPath(t);
  await populate(testing, 1);
  const before = await contentOf(testing);
  const restoring = () => restoreInto(testing, { path, empties: true });
  await assert.rejects(restoring(), isRefusal(Code.failedPrecondition, /cannot read .*ENOENT/));
  for (const [name, text, telling] of foreign) {
    writeFileSync(path, text);
    await assert.rejects(restoring(), isRefusal(Code.invalidArgument, telling), name);
  }
  assert.deepEqual(await contentOf(testing), before);
});

test('a restore that fails at its last row leaves what was there', async (t) => {
  const testing = await testDatabase(t);
  const path = temporaryPath(t);
  await populate(testing, 2);
  const before = await contentOf(testing);
  const token = 'join_tokens {"value":"twice","expires_at":"2026-01-01T00:00:00Z"}\n';
  writeFileSync(path, sealed(`${HEADER}${token}${token}`, 2));
  await assert.rejects(restoreInto(testing, { path, empties: true }), {
    code: Code.alreadyExists,
  });
  assert.deepEqual(await contentOf(testing), before);
});

test('a backup that fails leaves the file of the last one, and nothing beside it', async (t) => {
  const testing = await testDatabase(t);
  const path = temporaryPath(t);
  await populate(testing, 1);
  await backupDatabase(needsFor(testing, path));
  const before = readFileSync(path);
  const away = needsFor({ connectionString: 'host=/nowhere user=u' }, path);
  await assert.rejects(backupDatabase(away), { code: Code.unavailable });
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(readdirSync(dirname(path)), ['writ.backup']);
  await assert.rejects(
    backupDatabase(needsFor(testing, '/nowhere/file')),
    isRefusal(Code.failedPrecondition, /cannot write \/nowhere\/file: ENOENT/),
  );
  await assert.rejects(
    backupDatabase(needsFor(testing, dirname(path))),
    isRefusal(Code.failedPrecondition, /cannot write .*: EISDIR/),
  );
});

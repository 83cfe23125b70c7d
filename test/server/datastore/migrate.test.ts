import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../../../server/datastore/database.ts';
import { migrate } from '../../../server/datastore/migrate.ts';
import { Code } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { emptyDatabase } from '../../fakes/database.ts';
import { readGolden, readMigrationTexts, SCHEMA_VERSION, schemaText } from './schema-text.ts';

test('the migrations make the schema that schema.golden.sql shows', async (t) => {
  const { database } = await emptyDatabase(t);
  await migrate(database, silentLogger);
  // After a new migration: node test/server/datastore/write-golden.ts
  assert.equal(await schemaText(database), readGolden());
});

test('servers that start at the same time migrate once', async (t) => {
  const { database } = await emptyDatabase(t);
  await Promise.all([1, 2, 3].map(() => migrate(database, silentLogger)));
  const rows = await database.query('select version from schema_migrations order by version');
  assert.deepEqual(
    rows.map(({ version }) => version),
    Array.from({ length: SCHEMA_VERSION }, (_, at) => at + 1),
  );
  await migrate(database, silentLogger);
});

const future = (database: Database, oldestProgram: number): Promise<unknown> =>
  database.transaction('read committed', (tx) =>
    tx.query(
      "insert into schema_migrations (version, name, oldest_program) values (99, 'from-the-future', $1)",
      [oldestProgram],
    ),
  );

test('a newer schema that this program is too old for is refused and left alone', async (t) => {
  const { database } = await emptyDatabase(t);
  await migrate(database, silentLogger);
  await future(database, SCHEMA_VERSION + 1);
  await assert.rejects(migrate(database, silentLogger), {
    name: 'CodedError',
    code: Code.failedPrecondition,
    message: new RegExp(
      `schema is at version 99, this program knows versions up to ${SCHEMA_VERSION}: run a newer writ`,
    ),
  });
});

test('a newer schema that this program runs on is taken as it is, while servers are replaced one by one', async (t) => {
  const { database } = await emptyDatabase(t);
  await migrate(database, silentLogger);
  await future(database, SCHEMA_VERSION);
  for (const mayChange of [true, false]) await migrate(database, silentLogger, mayChange);
  const [row] = await database.query('select max(version) as version from schema_migrations');
  assert.deepEqual(row, { version: 99 });
});

const TAKES_AWAY = /\b(?:drop (?:table|column)|rename|alter column \w+ (?:type|set data type))\b/i;

/** What a program that does not know of it would stumble over. */
const isHardOnOthers = (sql: string): boolean =>
  TAKES_AWAY.test(sql) ||
  sql.split(/[,;]/).some((part) => /add column .*not null/is.test(part) && !/\bdefault\b/i.test(part));

test('a migration takes nothing away from earlier programs, unless it names the oldest that runs on it', () => {
  for (const { name, sql } of readMigrationTexts().slice(1))
    if (!/^-- oldest program: \d{4}$/m.test(sql)) assert.equal(isHardOnOthers(sql), false, name);
  assert.equal(isHardOnOthers('alter table x add column y text not null;'), true);
  assert.equal(isHardOnOthers("alter table x add column y text not null default '';"), false);
  assert.equal(isHardOnOthers('alter table x drop column y;'), true);
});

test('disable_migration takes a current schema, and refuses an older one without changing it', async (t) => {
  const { database } = await emptyDatabase(t);
  await assert.rejects(migrate(database, silentLogger, false), {
    code: Code.failedPrecondition,
    message: new RegExp(
      `schema is at version 0, this program needs ${SCHEMA_VERSION}, and disable_migration forbids to change it`,
    ),
  });
  assert.deepEqual(await database.query("select to_regclass('schema_migrations') as name"), [{ name: null }]);
  await migrate(database, silentLogger);
  await migrate(database, silentLogger, false);
});

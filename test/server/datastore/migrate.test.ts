import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../../server/datastore/migrate.ts';
import { Code } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { emptyDatabase } from '../../fakes/database.ts';
import { readGolden, SCHEMA_VERSION, schemaText } from './schema-text.ts';

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

test('a schema newer than the program is refused and left alone', async (t) => {
  const { database } = await emptyDatabase(t);
  await migrate(database, silentLogger);
  await database.transaction('read committed', (tx) =>
    tx.query("insert into schema_migrations (version, name) values (99, 'from-the-future')"),
  );
  await assert.rejects(migrate(database, silentLogger), {
    name: 'CodedError',
    code: Code.failedPrecondition,
    message: new RegExp(
      `schema is at version 99, this program knows versions up to ${SCHEMA_VERSION}: run a newer writ`,
    ),
  });
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

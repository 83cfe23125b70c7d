import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Database, checkHealth } from '../../../server/datastore/database.ts';
import { clientConfig } from '../../../server/datastore/postgres.ts';
import { Code, CodedError, invalidArgument } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import type { Ending } from '../../fakes/database.ts';
import { testDatabase } from '../../fakes/database.ts';

const unavailable = { name: 'CodedError', code: Code.unavailable, reason: 'DATABASE_UNAVAILABLE' };

interface Options {
  readonly maxOpenConnections?: number;
  readonly statementTimeoutMs?: number;
}

/** A database with a table `t (k primary key, v)`. */
async function openTable(t: Ending, options: Options = {}): Promise<Database> {
  const { connectionString } = await testDatabase(t);
  const client = clientConfig({ kind: 'postgres', connectionString, maxOpenConnections: 1 });
  const database = new Database({ client, maxOpenConnections: 4, ...options }, silentLogger);
  await database.transaction('read committed', (tx) =>
    tx.query('create table t (k integer primary key, v text)'),
  );
  t.after(async () => {
    await database.transaction('read committed', (tx) => tx.query('drop table if exists t'));
    await database.close();
  });
  return database;
}

const insert = 'insert into t (k, v) values ($1, $2)';
const keysOf = async (database: Database): Promise<readonly number[]> =>
  (await database.query<{ k: number }>('select k from t order by k')).map(({ k }) => k);

test('a transaction commits all of its deed or nothing', async (t) => {
  const database = await openTable(t);
  await database.transaction('read committed', (tx) => tx.query(insert, [1, 'a']));
  const failing = database.transaction('read committed', async (tx) => {
    await tx.query(insert, [2, 'b']);
    throw invalidArgument('not this one');
  });
  await assert.rejects(failing, { code: Code.invalidArgument, message: 'not this one' });
  assert.deepEqual(await keysOf(database), [1]);
});

test('a deed that overlooks the failure of a statement does not seem committed', async (t) => {
  const database = await openTable(t);
  const overlooking = database.transaction('read committed', async (tx) => {
    await tx.query(insert, [1, 'a']);
    await tx.query(insert, [1, 'again']).catch(() => {});
  });
  await assert.rejects(overlooking, {
    code: Code.internal,
    message: 'transaction was rolled back at its end',
  });
  assert.deepEqual(await keysOf(database), []);
});

test('transactions that deadlock both commit', async (t) => {
  const database = await openTable(t, { statementTimeoutMs: 30_000 });
  await database.transaction('read committed', (tx) => tx.query("insert into t values (1, ''), (2, '')"));
  let waiting = 0;
  const both = Promise.withResolvers<void>();
  const update = 'update t set v = v || $2 where k = $1';
  const deed = (first: number, second: number) =>
    database.transaction('read committed', async (tx) => {
      await tx.query(update, [first, 'x']);
      if (++waiting === 2) both.resolve();
      await both.promise;
      await tx.query(update, [second, 'x']);
    });
  await Promise.all([deed(1, 2), deed(2, 1)]);
  assert.deepEqual(await database.query('select v from t'), [{ v: 'xx' }, { v: 'xx' }]);
});

test('a connection that ends before the commit makes the deed run again', async (t) => {
  const database = await openTable(t);
  let runs = 0;
  await database.transaction('read committed', async (tx) => {
    runs += 1;
    await tx.query(insert, [runs, 'a']);
    if (runs === 1) await tx.query('select pg_terminate_backend(pg_backend_pid())');
  });
  assert.deepEqual([runs, await keysOf(database)], [2, [2]]);
});

test('a connection that ends in a snapshot fails it, since its reader has begun', async (t) => {
  const database = await openTable(t);
  const deed = database.transaction('snapshot', (tx) =>
    tx.query('select pg_terminate_backend(pg_backend_pid())'),
  );
  await assert.rejects(deed, unavailable);
});

test('a snapshot sees one state and cannot write', async (t) => {
  const database = await openTable(t);
  await database.transaction('snapshot', async (tx) => {
    assert.deepEqual(await tx.query('select k from t'), []);
    await database.transaction('read committed', (other) => other.query(insert, [1, 'a']));
    assert.deepEqual(await tx.query('select k from t'), []);
  });
  const writing = database.transaction('snapshot', (tx) => tx.query(insert, [2, 'b']));
  await assert.rejects(writing, unavailable);
});

test('connections that ended while idle are replaced', async (t) => {
  const database = await openTable(t);
  await Promise.all([1, 2, 3].map((k) => database.query('select $1::int, pg_sleep(0.01)', [k])));
  await database.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  for (let n = 0; n < 5; n++) assert.deepEqual(await keysOf(database), []);
});

test('a statement that takes too long ends in Unavailable, and the next one is answered', async (t) => {
  const database = await openTable(t, { statementTimeoutMs: 200, maxOpenConnections: 1 });
  await assert.rejects(database.query('select pg_sleep(60)'), unavailable);
  await assert.rejects(
    database.transaction('read committed', (tx) => tx.query('select pg_sleep(60)')),
    unavailable,
  );
  assert.deepEqual(await keysOf(database), []);
});

test('waiting for a lock ends in Unavailable', async (t) => {
  const { connectionString } = await testDatabase(t);
  const client = clientConfig({ kind: 'postgres', connectionString, maxOpenConnections: 1 });
  const [patient, hasty] = [undefined, 200].map(
    (ms) =>
      new Database(
        { client, maxOpenConnections: 1, ...(ms === undefined ? {} : { statementTimeoutMs: ms }) },
        silentLogger,
      ),
  );
  assert.ok(patient && hasty);
  await patient.transaction('read committed', async (tx) => {
    await tx.query('select head from feeds for update');
    const waiting = hasty.transaction('read committed', (other) =>
      other.query('select head from feeds for update'),
    );
    await assert.rejects(waiting, unavailable);
  });
  await Promise.all([patient.close(), hasty.close()]);
});

test('limits and isolation are gone from the connection after a transaction', async (t) => {
  const database = await openTable(t, { maxOpenConnections: 1 });
  const settings = [
    'statement_timeout',
    'lock_timeout',
    'idle_in_transaction_session_timeout',
    'transaction_isolation',
  ];
  const read = 'select current_setting(name) as value from unnest($1::text[]) as name';
  const before = await database.query(read, [settings]);
  await database.transaction('snapshot', async (tx) =>
    assert.notDeepEqual(await tx.query(read, [settings]), before),
  );
  assert.deepEqual(await database.query(read, [settings]), before);
});

test('a server that accepts and says nothing is Unavailable', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const client = {
    host: '127.0.0.1',
    port,
    user: 'u',
    database: 'd',
    connectionTimeoutMillis: 100,
    ssl: false,
  };
  const database = new Database({ client, maxOpenConnections: 1 }, silentLogger);
  t.after(() => silent.close());
  await assert.rejects(checkHealth(database), { ...unavailable, message: 'database did not answer in time' });
  await database.close();
});

test('a server that is not there is Unavailable', async () => {
  const client = { host: '/nowhere', port: 1, user: 'u', database: 'd', ssl: false };
  const database = new Database({ client, maxOpenConnections: 1 }, silentLogger);
  await assert.rejects(checkHealth(database), { ...unavailable, message: 'cannot reach the database' });
  await assert.rejects(
    database.transaction('read committed', async () => {}),
    unavailable,
  );
  await database.close();
});

test('an unknown user is Unavailable with a telling message', async (t) => {
  const { connectionString } = await testDatabase(t);
  const client = {
    ...clientConfig({ kind: 'postgres', connectionString, maxOpenConnections: 1 }),
    user: 'nobody_known',
  };
  const database = new Database({ client, maxOpenConnections: 1 }, silentLogger);
  await assert.rejects(checkHealth(database), { ...unavailable, message: /refused the login|connection/ });
  await database.close();
});

const failures: readonly (readonly [sql: string, values: readonly unknown[], code: number])[] = [
  ["insert into t values (1, 'hunter2'), (1, 'hunter2')", [], Code.alreadyExists],
  ['select $1::integer', ['hunter2'], Code.invalidArgument],
  ['select $1::text', ['hunter2\u0000'], Code.invalidArgument],
  ["select ('x' || $1::text)::json", ['hunter2'], Code.invalidArgument],
  ['select no_such_column from t', [], Code.internal],
];

for (const [sql, values, code] of failures) {
  test(`the error of "${sql}" has code ${code} and holds no values`, async (t) => {
    const database = await openTable(t);
    const isSafe = (error: unknown): boolean => {
      assert.ok(error instanceof CodedError);
      assert.equal(error.code, code);
      const cause = error.cause instanceof Error ? error.cause : assert.fail('no cause');
      assert.doesNotMatch(
        `${error.message} ${JSON.stringify(error)} ${cause.message} ${JSON.stringify(cause)}`,
        /hunter2/,
      );
      return true;
    };
    await assert.rejects(database.query(sql, values), isSafe);
    await assert.rejects(
      database.transaction('read committed', (tx) => tx.query(sql, values)),
      isSafe,
    );
  });
}

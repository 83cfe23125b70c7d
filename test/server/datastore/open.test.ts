import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatastoreOptions } from '../../../server/datastore/open.ts';
import { openDatastore } from '../../../server/datastore/open.ts';
import { clientConfig } from '../../../server/datastore/postgres.ts';
import { Code } from '../../../shared/errors.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { systemRandom } from '../../../shared/random.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { createOne, newEntry } from '../../contracts/samples.ts';
import { testDatabase } from '../../fakes/database.ts';

const optionsFor = (
  connectionString: string,
  more: Partial<DatastoreOptions['config']> = {},
): DatastoreOptions => ({
  config: {
    kind: 'postgres',
    connectionString,
    maxOpenConnections: 2,
    ...more,
  } as DatastoreOptions['config'],
  log: silentLogger,
  clock: systemClock,
  random: systemRandom,
  signal: new AbortController().signal,
});

test('an open datastore is healthy; a closed one is not', async (t) => {
  const { connectionString } = await testDatabase(t);
  const store = await openDatastore(optionsFor(connectionString));
  await store.health();
  const [before, now, after] = [systemClock.now(), await store.now(), systemClock.now()];
  assert.ok(now >= before && now <= after, 'Postgres runs on the same machine');
  await store.close();
  await assert.rejects(store.health(), { code: Code.unavailable, message: 'database is closed' });
});

test('two servers on one database see what the other wrote', async (t) => {
  const testing = await testDatabase(t);
  const [first, second] = [await testing.open(), await testing.open()];
  const entry = await createOne(first.entries, newEntry('a'));
  assert.deepEqual(await second.entries.find(entry.id), entry);
});

test('entries are dated by the clock that was passed in', async (t) => {
  const clock = new FakeClock(new Date('2026-02-03T04:05:06.789Z'));
  const store = await (await testDatabase(t)).open({ clock });
  assert.deepEqual((await createOne(store.entries, newEntry('a'))).createdAt, clock.now());
});

test('a database that is not there is Unavailable', async () => {
  const options = optionsFor('host=/nowhere user=u');
  await assert.rejects(openDatastore(options), { code: Code.unavailable, reason: 'DATABASE_UNAVAILABLE' });
});

test('TLS follows sslmode and the configured files', () => {
  const config = (connectionString: string, rootCaPath?: string) =>
    clientConfig({
      kind: 'postgres',
      connectionString,
      maxOpenConnections: 1,
      ...(rootCaPath === undefined ? {} : { rootCaPath }),
    });
  const ssl = (connectionString: string, rootCaPath?: string) => {
    const found = config(connectionString, rootCaPath).ssl;
    return typeof found === 'object'
      ? [found.rejectUnauthorized, 'checkServerIdentity' in found, 'ca' in found]
      : found;
  };
  const ca = import.meta.filename;
  assert.deepEqual(ssl('host=h user=u sslmode=disable'), false);
  assert.deepEqual(ssl('host=h user=u'), [false, true, false]);
  assert.deepEqual(ssl('host=h user=u', ca), [true, true, true]);
  assert.deepEqual(ssl(`host=h user=u sslmode=verify-ca sslrootcert=${ca}`), [true, true, true]);
  assert.deepEqual(ssl('host=h user=u sslmode=verify-full'), [true, false, false]);
  const refusal = { code: Code.failedPrecondition };
  assert.throws(() => ssl('host=h user=u sslmode=verify-ca'), { ...refusal, message: /needs a root CA/ });
  assert.throws(() => ssl('host=h user=u', '/nowhere'), {
    ...refusal,
    message: /cannot read the database's root CA/,
  });
});

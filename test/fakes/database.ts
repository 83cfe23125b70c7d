/**
 * Empty databases for tests: each is a copy of a migrated one, emptied for the next test. They live on a Postgres that this process starts when it
 * is first asked and stops at its end, or on the server that WRIT_TEST_POSTGRES names (a connection string; CI runs the
 * same tests on another version, and behind a pooler).
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import { Client } from 'pg';
import type { Datastore, DatastoreOptions } from '../../server/datastore/open.ts';
import { openDatastore } from '../../server/datastore/open.ts';
import type { ConnectionParameters } from '../../server/datastore/connection-string.ts';
import { parseConnectionString } from '../../server/datastore/connection-string.ts';
import { Database } from '../../server/datastore/database.ts';
import { startManagedPostgres } from '../../server/datastore/embedded.ts';
import { dataDirectoryOf } from '../../server/datastore/managed/data-directory.ts';
import { processesIn, startTimeOf } from '../../server/datastore/managed/processes.ts';
import { migrate } from '../../server/datastore/migrate.ts';
import { clientConfig } from '../../server/datastore/postgres.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { systemRandom } from '../../shared/random.ts';

/** The part of node:test's context that is used: what to do after the test. */
export interface Ending {
  after(deed: () => Promise<void> | void): void;
}

export interface TestDatabase {
  readonly connectionString: string;
  /** The same database past a pooler, where there is one. */
  readonly directString: string;
  /** Connects past the stores; the caller closes it. */
  database(): Database;
  /** Opens stores on it, closed after the test. */
  open(overrides?: Partial<DatastoreOptions>): Promise<Datastore>;
  /** Ends every connection, those too that a pooler keeps for the next client. */
  disconnect(): Promise<void>;
}

const TEST_CONNECTIONS = 10;
const PREFIX = 'writ_test_';
const STOP_WAITS = 250;
const STOP_WAIT_MS = 20;
const NEVER = new Int32Array(new SharedArrayBuffer(4));

let server: Promise<Server> | undefined;
let count = 0;

/** An empty, migrated database that nobody else uses until the test ends. */
export async function testDatabase(t: Ending): Promise<TestDatabase> {
  server ??= startServer();
  const { parameters, template, free } = await server;
  const name = free.pop() ?? (await createDatabase(parameters, template));
  const ofTest = { ...parameters, database: name };
  const connectionString = toConnectionString(ofTest);
  const direct = pastPooler();
  const opened: Datastore[] = [];
  t.after(async () => {
    await Promise.all(opened.map((store) => store.close()));
    await administer(parameters, disconnect(name));
    await administer(ofTest, EMPTY_ALL);
    free.push(name);
  });
  return {
    connectionString,
    directString:
      direct === undefined
        ? connectionString
        : toConnectionString({ ...parseConnectionString(direct), database: name }),
    database: () => openDatabase(connectionString),
    open: async (overrides) => {
      const store = await openDatastore({ ...optionsFor(connectionString), ...overrides });
      opened.push(store);
      const { clock } = overrides ?? {};
      return clock === undefined ? store : { ...store, now: async () => clock.now() }; // a database of that clock
    },
    disconnect: async () => void (await administer(parameters, disconnect(name))),
  };
}

const optionsFor = (connectionString: string): DatastoreOptions => ({
  config: { kind: 'postgres', connectionString, maxOpenConnections: TEST_CONNECTIONS },
  log: silentLogger,
  clock: systemClock,
  random: systemRandom,
  signal: new AbortController().signal,
});

/** A database with nothing in it, for tests of the migrations. */
export async function emptyDatabase(t: Ending): Promise<{ connectionString: string; database: Database }> {
  server ??= startServer();
  const { parameters } = await server;
  count += 1;
  const name = `${PREFIX}${process.pid}_${count}`;
  await administer(
    parameters,
    `drop database if exists ${name}`,
    `create database ${name} template template0`,
  );
  const connectionString = toConnectionString({ ...parameters, database: name });
  const database = openDatabase(connectionString);
  t.after(async () => {
    await database.close();
    await administer(parameters, `drop database if exists ${name} with (force)`);
  });
  return { connectionString, database };
}

/** Behind a transaction pooler, the string that leads past it (test/interop/pgbouncer sets it). */
const pastPooler = (): string | undefined => process.env['WRIT_TEST_POSTGRES_PAST_POOLER'] || undefined;

/** False behind a transaction pooler: NOTIFY then reaches nobody. */
export const hearsNotifications = (): boolean => pastPooler() === undefined;

interface Server {
  readonly parameters: ConnectionParameters;
  readonly template: string;
  /** Databases whose tests ended: emptying one is ten times faster than making one. */
  readonly free: string[];
}

async function createDatabase(parameters: ConnectionParameters, template: string): Promise<string> {
  count += 1;
  const name = `${PREFIX}${process.pid}_${count}`;
  await administer(
    parameters,
    `drop database if exists ${name}`,
    `create database ${name} template ${template}`,
  );
  return name;
}

/** Waits until the connections are gone; a pooler keeps some, and tests forget some. */
const disconnect = (name: string): string =>
  `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`;

/** As the migrations leave it. */
const EMPTY_ALL = `
  delete from entries; delete from nodes; delete from join_tokens; delete from bundles; delete from ca_journals;
  delete from changes; delete from leases; delete from federation_relationships;
  alter sequence entries_row_id_seq restart; alter sequence nodes_row_id_seq restart;
  alter sequence bundles_row_id_seq restart; alter sequence federation_relationships_row_id_seq restart;
  update feeds set epoch = gen_random_uuid(), head = 0;
  insert into changes (feed, n) select name, 0 from feeds`;

const givenServer = (): string | undefined => process.env['WRIT_TEST_POSTGRES'] || undefined;

async function startServer(): Promise<Server> {
  const given = givenServer();
  const parameters = parseConnectionString(given ?? (await startOwnServer()));
  const template = `${PREFIX}${process.pid}_template`;
  await dropLeftDatabases(parameters);
  await administer(
    parameters,
    `drop database if exists ${template}`,
    `create database ${template} template template0`,
  );
  const database = openDatabase(toConnectionString({ ...parameters, database: template }));
  await migrate(database, silentLogger);
  await database.close();
  // A pooler keeps its connections, and a database that has some cannot be copied.
  await administer(parameters, disconnect(template));
  return { parameters, template, free: [] };
}

async function startOwnServer(): Promise<string> {
  removeLeftServers();
  const directory = join(tmpdir(), `writ-test-${process.pid}-${startTimeOf(process.pid)}`);
  mkdirSync(directory, { mode: 0o711 });
  process.once('exit', () => removeServer(directory));
  const managed = await startManagedPostgres({
    directory,
    log: silentLogger,
    clock: systemClock,
    random: systemRandom,
    unsafeNoFsync: true,
  });
  return `host=${managed.connection.host} user=writ dbname=postgres`;
}

/** What test runs that were killed left behind. */
function removeLeftServers(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid = '', startTime] = /^writ-test-(\d+)-(\d+)$/.exec(name) ?? [];
    if (startTime !== undefined && startTimeOf(Number(pid)) !== startTime) removeServer(join(tmpdir(), name));
  }
}

/** Synchronous, since it also runs when the process exits. SIGQUIT ends Postgres at once and frees its shared memory. */
function removeServer(directory: string): void {
  const data = dataDirectoryOf(directory);
  const working = (): readonly number[] => (existsSync(data) ? processesIn(data) : []);
  for (const pid of working()) quit(pid);
  for (let waits = 0; working().length > 0 && waits < STOP_WAITS; waits++)
    Atomics.wait(NEVER, 0, 0, STOP_WAIT_MS);
  rmSync(directory, { recursive: true, force: true });
}

function quit(pid: number): void {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // It ended by itself meanwhile.
  }
}

async function dropLeftDatabases(parameters: ConnectionParameters): Promise<void> {
  const rows = await administer(
    parameters,
    `select datname from pg_database where datname like '${PREFIX}%'`,
  );
  for (const { datname } of rows) {
    const pid = Number(String(datname).slice(PREFIX.length).split('_')[0]);
    if (startTimeOf(pid) === undefined)
      await administer(parameters, `drop database if exists ${String(datname)} with (force)`);
  }
}

const configOf = (connectionString: string): ClientConfig =>
  clientConfig({ kind: 'postgres', connectionString, maxOpenConnections: TEST_CONNECTIONS });

function openDatabase(connectionString: string): Database {
  return new Database(
    { client: configOf(connectionString), maxOpenConnections: TEST_CONNECTIONS },
    silentLogger,
  );
}

async function administer(parameters: ConnectionParameters, ...statements: readonly string[]) {
  const client = new Client(configOf(toConnectionString(parameters)));
  client.on('error', () => {});
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

const quote = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;

function toConnectionString(parameters: ConnectionParameters): string {
  const { host, port, user, database, password, sslMode } = parameters;
  const settings = {
    host,
    port: String(port),
    user,
    dbname: database,
    password: password ?? '',
    sslmode: sslMode,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${quote(value)}`)
    .join(' ');
}

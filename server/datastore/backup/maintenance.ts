/** The configured database for a deed that is not a server's: one connection, patient. Called by server/backup.ts. */
import { existsSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { Code, CodedError } from '../../../shared/errors.ts';
import { Database } from '../database.ts';
import { findRunningPostgres, startManagedPostgres } from '../embedded.ts';
import { dataDirectoryOf, readDataMajor } from '../managed/data-directory.ts';
import { choosePostgresUser } from '../managed/postgres-user.ts';
import { migrate } from '../migrate.ts';
import type { DatastoreOptions } from '../open.ts';
import { clientConfig } from '../postgres.ts';

type Options = Omit<DatastoreOptions, 'signal'>;
type Deed<T> = (database: Database) => Promise<T>;

const PATIENCE_MS = 600_000; // for large tables, as with migrations

/** Beside a server that runs, or on its own. Throws FailedPrecondition when there is no database yet, or it is another user's. */
export async function readDatabase<T>(options: Options, deed: Deed<T>): Promise<T> {
  const { config } = options;
  if (config.kind === 'postgres') return onClient(options, clientConfig(config), deed);
  const data = dataDirectoryOf(config.directory);
  if (existsSync(data)) choosePostgresUser(data); // throws, with what to do, when we cannot look into it
  const running = findRunningPostgres(config.directory);
  if (running !== undefined) return onClient(options, running, deed);
  if (readDataMajor(config.directory) === undefined)
    throw new CodedError(Code.failedPrecondition, `there is no database in ${config.directory} yet`);
  return onManaged(options, config.directory, deed);
}

/** Alone, with the schema of this program. Throws FailedPrecondition when another process has the managed Postgres. */
export async function replaceDatabase<T>(options: Options, deed: Deed<T>): Promise<T> {
  const { config, log } = options;
  const migrateFirst: Deed<T> = async (database) => {
    await migrate(database, log, config.kind === 'managed' || config.migrate);
    return deed(database);
  };
  return config.kind === 'postgres'
    ? onClient(options, clientConfig(config), migrateFirst)
    : onManaged(options, config.directory, migrateFirst);
}

async function onManaged<T>(options: Options, directory: string, deed: Deed<T>): Promise<T> {
  const managed = await startManagedPostgres({ ...options, directory });
  try {
    return await onClient(options, managed.connection, deed);
  } finally {
    await managed.stop();
  }
}

async function onClient<T>({ log }: Options, client: ClientConfig, deed: Deed<T>): Promise<T> {
  const database = new Database({ client, maxOpenConnections: 1, statementTimeoutMs: PATIENCE_MS }, log);
  try {
    return await deed(database);
  } finally {
    await database.close();
  }
}

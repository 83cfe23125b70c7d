/** Brings the schema up to date: numbered SQL files, run in one transaction under a lock. Called by open.ts. */
import { readFileSync, readdirSync } from 'node:fs';
import { Code, CodedError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Database, Queryable } from './database.ts';
import { lockClass } from './locks.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** Programs that know this version of the schema, or a later one, run on what it makes. */
  readonly oldestProgram: number;
}

const FOLDER = new URL('./migrations/', import.meta.url);
/** In a migration that programs before a certain version do not run on; without it, all do. */
const OLDEST_PROGRAM = /^-- oldest program: (\d{4})$/m;
const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/;

/**
 * Applies what is missing; several servers may call it at once. A newer schema is left as it is: while servers are replaced
 * one by one, those of before run on it, and start on it. Throws FailedPrecondition when it says that this program is too
 * old for it, or is older and `mayChange` is false (SPIRE: disable_migration).
 */
export async function migrate(database: Database, log: Logger, mayChange = true): Promise<void> {
  const migrations = readMigrations();
  if (!mayChange) return checkIsCurrent(database, migrations.length);
  const applied = await database.transaction('read committed', async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1, 0)', [lockClass.migrate]);
    const missing = migrations.slice(await currentVersion(tx, migrations.length));
    for (const migration of missing) await apply(tx, migration);
    return missing;
  });
  for (const { version, name } of applied) log.info('database schema migrated', { version, name });
}

/** The version of the schema, which is this program's. Throws FailedPrecondition on any other, or none. */
export async function checkSchema(tx: Queryable): Promise<number> {
  const known = readMigrations().length;
  const version = await findVersion(tx);
  if (version === known) return version;
  const found = version === undefined ? 'holds nothing of writ' : `has version ${version} of the schema`;
  throw new CodedError(
    Code.failedPrecondition,
    `the database ${found}, and this program knows version ${known}: start a server of this version on it first`,
  );
}

async function findVersion(tx: Queryable): Promise<number | undefined> {
  const [table] = await tx.query<{ name: string | null }>(
    "select to_regclass('schema_migrations')::text as name",
  );
  if ((table?.name ?? null) === null) return undefined;
  const [row] = await tx.query<{ version: number | null }>(
    'select max(version) as version from schema_migrations',
  );
  return row?.version ?? undefined;
}

async function checkIsCurrent(database: Database, known: number): Promise<void> {
  const [table] = await database.query<{ name: string | null }>(
    "select to_regclass('schema_migrations')::text as name",
  );
  const isThere = (table?.name ?? null) !== null;
  const version = isThere
    ? await database.transaction('read committed', (tx) => currentVersion(tx, known))
    : 0;
  if (version >= known) return;
  throw new CodedError(
    Code.failedPrecondition,
    `database schema is at version ${version}, this program needs ${known}, and disable_migration forbids to change it: start one server without it`,
  );
}

/** In order of their numbers, which begin at 1 and leave none out. */
function readMigrations(): readonly Migration[] {
  const names = readdirSync(FOLDER).filter((name) => FILE_NAME.test(name));
  return names.sort().map((fileName, index) => {
    const [, number = '', name = ''] = FILE_NAME.exec(fileName) ?? [];
    if (Number(number) !== index + 1) throw new Error(`migration ${fileName} is out of sequence`);
    const sql = readFileSync(new URL(fileName, FOLDER), 'utf8');
    const oldestProgram = Number(OLDEST_PROGRAM.exec(sql)?.[1] ?? 1);
    return { version: index + 1, name, sql, oldestProgram };
  });
}

async function currentVersion(tx: Queryable, known: number): Promise<number> {
  await tx.query(
    'create table if not exists schema_migrations (version integer primary key, name text not null, applied_at timestamptz not null default now())',
  );
  await tx.query(
    'alter table schema_migrations add column if not exists oldest_program integer not null default 1',
  );
  const [row] = await tx.query<{ version: number | null; oldest: number | null }>(
    'select max(version) as version, max(oldest_program) as oldest from schema_migrations',
  );
  const version = row?.version ?? 0;
  if ((row?.oldest ?? 0) > known) {
    throw new CodedError(
      Code.failedPrecondition,
      `database schema is at version ${version}, this program knows versions up to ${known}: run a newer writ`,
    );
  }
  return version;
}

async function apply(tx: Queryable, migration: Migration): Promise<void> {
  // Without parameters the driver uses the simple protocol, which takes several statements at once.
  await tx.query(migration.sql);
  const { version, name, oldestProgram } = migration;
  await tx.query('insert into schema_migrations (version, name, oldest_program) values ($1, $2, $3)', [
    version,
    name,
    oldestProgram,
  ]);
}

/** Restores a backup in one transaction: all of it or nothing. Called by server/backup.ts. */
import { Code, CodedError } from '../../../shared/errors.ts';
import type { Database, Queryable } from '../database.ts';
import { lockClass } from '../locks.ts';
import { checkSchema } from '../migrate.ts';
import { refused } from './format.ts';
import { checkBackup, readBackup } from './read-backup.ts';
import { BACKUP_TABLES, type BackupTable } from './tables.ts';

export interface RestoreOptions {
  readonly path: string;
  /** Deletes what the database holds; without it, one that holds anything is refused. */
  readonly empties: boolean;
}

type Sequence = NonNullable<BackupTable['sequence']>;

/** Rows restored of each table. */
export type RestoreCounts = Readonly<Record<string, number>>;

/**
 * Throws InvalidArgument on a file that is damaged, foreign or of another schema, FailedPrecondition when somebody else
 * is connected to the database or could be unseen, or it is not empty. Every feed begins a new epoch, by which a server or an agent that
 * knew the database before notices.
 */
export async function restoreBackup(database: Database, options: RestoreOptions): Promise<RestoreCounts> {
  if (await database.isPooled()) throw hidden();
  return database.transaction('read committed', async (tx) => {
    // A server that starts now waits at its migrations until this is done.
    await tx.query('select pg_advisory_xact_lock($1, 0)', [lockClass.migrate]);
    await checkUnused(tx);
    await checkFits(tx, options.path);
    await makeRoom(tx, options.empties);
    const counts = await insertAll(tx, options.path);
    await beginEpochs(tx);
    return counts;
  });
}

const hidden = (): CodedError =>
  new CodedError(
    Code.failedPrecondition,
    'this connection goes through a pooler, which hides who else uses the database: restore with a connection_string that leads to Postgres itself',
  );

const LOOKS = 10;
const LOOK_AGAIN_SECONDS = 0.1;

/** By the database's own list of connections: an open one may be a server that goes on with what is no more. */
async function checkUnused(tx: Queryable): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    const others = await listOthers(tx);
    if (others.length === 0) return;
    if (looks === LOOKS)
      throw new CodedError(
        Code.failedPrecondition,
        `the database is in use by ${others.length} other connection(s) (${[...new Set(others)].join(', ')}): stop the servers, and poolers that keep connections`,
      );
    await tx.query('select pg_sleep($1)', [LOOK_AGAIN_SECONDS]); // one that was just closed may still end
  }
}

async function listOthers(tx: Queryable): Promise<readonly string[]> {
  await tx.query('select pg_stat_clear_snapshot()');
  const rows = await tx.query<{ name: string }>(
    `select coalesce(nullif(application_name, ''), 'unnamed') as name from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  return rows.map(({ name }) => name);
}

async function checkFits(tx: Queryable, path: string): Promise<void> {
  const [{ schemaVersion: written }, here] = [await checkBackup(path), await checkSchema(tx)];
  if (written !== here)
    throw refused(
      `it was written from version ${written} of the database schema, and the database has ${here}: restore it with the writ that wrote it, then run the newer one`,
    );
}

async function makeRoom(tx: Queryable, empties: boolean): Promise<void> {
  for (const { name } of BACKUP_TABLES) {
    await tx.query(`lock table ${name} in access exclusive mode`);
    const [found] = empties ? [] : await tx.query(`select 1 as found from ${name} limit 1`);
    if (found !== undefined) {
      const message = `the database is not empty (table ${name}): with -force everything in it is deleted first`;
      throw new CodedError(Code.failedPrecondition, message);
    }
    if (empties) await tx.query(`delete from ${name}`);
  }
}

async function insertAll(tx: Queryable, path: string): Promise<RestoreCounts> {
  const counts: Record<string, number> = Object.fromEntries(BACKUP_TABLES.map(({ name }) => [name, 0]));
  for await (const { table: name, rows } of readBackup(path)) {
    const table = BACKUP_TABLES.find((known) => known.name === name);
    if (table === undefined) throw refused('it holds a table that this program does not know');
    await tx.query(insertSql(table), [`[${rows.join(',')}]`]);
    counts[name] = (counts[name] ?? 0) + rows.length;
  }
  for (const { name, sequence } of BACKUP_TABLES)
    if (sequence !== undefined) await tx.query(advanceSql(name, sequence));
  return counts;
}

const insertSql = ({ name, columns }: BackupTable): string => `
  insert into ${name} (${columns}) overriding system value
  select ${columns} from json_populate_recordset(null::${name}, $1::json)`;

const advanceSql = (table: string, { name, column }: Sequence): string =>
  `select setval('${name}', coalesce(max(${column}), 1), max(${column}) is not null) from ${table}`;

/** Numbers go on, so that none is ever given twice; the tags before them are gone, and with them every position. */
async function beginEpochs(tx: Queryable): Promise<void> {
  await tx.query('delete from changes');
  await tx.query('update feeds set head = head + 1, epoch = gen_random_uuid()');
  await tx.query('insert into changes (feed, n) select name, head from feeds');
}

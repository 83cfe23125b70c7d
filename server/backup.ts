/**
 * Backup and restore of the configured database, into and out of one file. Everything that registration and attestation
 * know is in it, join tokens too, but no key: those of the CA are the key manager's. Called by server/cli.
 */
import type { Clock } from '../shared/clock.ts';
import { Code, CodedError, messageOf } from '../shared/errors.ts';
import { AtomicFile } from '../shared/files.ts';
import type { Logger } from '../shared/log/logger.ts';
import type { Random } from '../shared/random.ts';
import type { ServerConfig } from './config.ts';
import { datastoreConfig } from './datastore-config.ts';
import { readDatabase, replaceDatabase } from './datastore/backup/maintenance.ts';
import { checkBackup } from './datastore/backup/read-backup.ts';
import { restoreBackup } from './datastore/backup/restore.ts';
import { writeBackup } from './datastore/backup/write-backup.ts';

export interface BackupNeeds {
  readonly config: Pick<ServerConfig, 'datastore'>;
  readonly path: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

/** Rows of each table. */
export type Counts = Readonly<Record<string, number>>;

/** Writes the file whole or not at all, beside a server that runs. Throws CodedError, fit for the operator to read. */
export async function backupDatabase(needs: BackupNeeds): Promise<Counts> {
  const file = createFile(needs.path);
  try {
    const counts = await readDatabase(optionsOf(needs), (database) =>
      writeBackup(database, file, needs.clock.now()),
    );
    file.commit();
    return counts;
  } catch (error) {
    file.discard();
    throw error instanceof CodedError ? error : cannotWrite(needs.path, error);
  }
}

/** All of the file or nothing, while no server runs. Throws CodedError, fit for the operator to read. */
export async function restoreDatabase(needs: BackupNeeds & { readonly empties: boolean }): Promise<Counts> {
  await checkBackup(needs.path); // before a database is made for it
  return replaceDatabase(optionsOf(needs), (database) => restoreBackup(database, needs));
}

const optionsOf = ({ config, log, clock, random }: BackupNeeds) => ({
  config: datastoreConfig(config.datastore),
  log,
  clock,
  random,
});

function createFile(path: string): AtomicFile {
  try {
    return new AtomicFile(path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

const cannotWrite = (path: string, cause: unknown): CodedError =>
  new CodedError(Code.failedPrecondition, `cannot write ${path}: ${messageOf(cause)}`, { cause });

/** The managed Postgres of a bench's system, past the server. Used by benches. */
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import { findRunningPostgres } from '../../../server/datastore/embedded.ts';
import type { System } from '../../interop/system.ts';

/** Throws when the server does not run. */
export function databaseOf(system: System): ClientConfig {
  const found = findRunningPostgres(join(system.files.serverData, 'postgres'));
  if (found === undefined) throw new Error('the system has no running Postgres');
  return found;
}

/** The same for a server or a store. */
export function connectionStringOf(system: System): string {
  const { host, user, database } = databaseOf(system);
  return `host=${host} user=${user} dbname=${database} sslmode=disable`;
}

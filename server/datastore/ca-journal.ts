/** CA journals in Postgres, one row for each server instance. Made by open.ts. */
import type { JournalRecord, JournalStore } from '../ca/journal-store.ts';
import type { Random } from '../../shared/random.ts';
import type { Fence } from '../housekeeping/lease-store.ts';
import type { Database } from './database.ts';
import { holdLease } from './leases.ts';

interface JournalRow {
  readonly id: string;
  readonly active_authority_id: string;
  readonly content: Buffer;
  readonly expires_at: Date;
}

const SAVE = `
  insert into ca_journals (id, active_authority_id, content, expires_at) values ($1, $2, $3, $4)
  on conflict (id) do update set active_authority_id = excluded.active_authority_id, content = excluded.content,
    expires_at = excluded.expires_at, saved = nextval('ca_journal_saves')`;

export class PostgresJournals implements JournalStore {
  readonly #database: Database;
  readonly #random: Random;

  constructor(database: Database, random: Random) {
    this.#database = database;
    this.#random = random;
  }

  async find(authorityIds: readonly string[]): Promise<readonly JournalRecord[]> {
    const rows = await this.#database.query<JournalRow>(
      `select id, active_authority_id, content, expires_at from ca_journals
       where active_authority_id = any($1) order by saved desc`,
      [authorityIds],
    );
    return rows.map(toRecord);
  }

  async listLive(at: Date): Promise<readonly JournalRecord[]> {
    const rows = await this.#database.query<JournalRow>(
      `select id, active_authority_id, content, expires_at from ca_journals where expires_at > $1 order by id`,
      [at],
    );
    return rows.map(toRecord);
  }

  async save(record: JournalRecord): Promise<string> {
    const id = record.id ?? this.#random.uuid();
    const values = [id, record.activeAuthorityId, Buffer.from(record.content), record.expiresAt];
    await this.#database.transaction('read committed', (tx) => tx.query(SAVE, values));
    return id;
  }

  prune(expiredBefore: Date, fence?: Fence): Promise<number> {
    return this.#database.transaction('read committed', async (tx) => {
      await holdLease(tx, fence);
      const deleted = await tx.query('delete from ca_journals where expires_at < $1 returning 1 as done', [
        expiredBefore,
      ]);
      return deleted.length;
    });
  }
}

const toRecord = (row: JournalRow): JournalRecord => ({
  id: row.id,
  activeAuthorityId: row.active_authority_id,
  content: new Uint8Array(row.content),
  expiresAt: row.expires_at,
});

/**
 * Leases in Postgres: a row each. It is judged by the database's clock, so that servers whose clocks differ agree. Every
 * transaction of the deed locks the row first (`holdLease`): while one is under way nobody else can take the lease, and a
 * server that was stopped for longer than its lease lasts changes nothing any more. Made by open.ts.
 */
import type { Fence, LeaseRequest, LeaseStore, Taken } from '../housekeeping/lease-store.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import type { Database, Queryable } from './database.ts';

const LASTS = `clock_timestamp() + interval '1 minute'`; // much longer than a statement may take

/** $3, $4: now, and how long the deed rests; a clock that is ahead by more than that counts for nothing. */
const TAKE = `
  insert into leases as held (name, holder, expires_at) values ($1, $2, ${LASTS})
  on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where held.expires_at <= clock_timestamp() and (held.done_at is null
      or abs(extract(epoch from $3::timestamptz - held.done_at)) * 1000 >= $4::double precision)
  returning name`;

const HOLD = `
  update leases set expires_at = ${LASTS}
  where name = $1 and holder = $2 and expires_at > clock_timestamp() returning name`;

const END = `
  update leases set expires_at = clock_timestamp(), done_at = coalesce($3, done_at)
  where name = $1 and holder = $2`;

export class PostgresLeases implements LeaseStore {
  readonly #database: Database;
  readonly #holder: string;

  constructor(database: Database, random: Random) {
    this.#database = database;
    this.#holder = random.uuid();
  }

  take({ name, now, restMs }: LeaseRequest): Promise<Taken> {
    const holder = this.#holder;
    return this.#database.transaction('read committed', async (tx) => {
      const taken = await tx.query(TAKE, [name, holder, now, restMs]);
      if (taken.length > 0) return { name, holder };
      const [row] = await tx.query<{ held: boolean }>(
        'select expires_at > clock_timestamp() as held from leases where name = $1',
        [name],
      );
      return row?.held === true ? 'held' : 'rested';
    });
  }

  async end({ name, holder }: Fence, doneAt: Date | undefined): Promise<void> {
    await this.#database.transaction('read committed', (tx) => tx.query(END, [name, holder, doneAt ?? null]));
  }
}

/** First in each transaction of the deed. Throws Aborted where the lease has run out; nothing without one. */
export async function holdLease(tx: Queryable, fence: Fence | undefined): Promise<void> {
  if (fence === undefined) return;
  const held = await tx.query(HOLD, [fence.name, fence.holder]);
  if (held.length === 0)
    throw new CodedError(Code.aborted, `the lease "${fence.name}" has run out: another server may go on`);
}

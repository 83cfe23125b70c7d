/** Join tokens in Postgres. Made by open.ts. */
import type { NewEntry } from '../entries/entry.ts';
import type { JoinToken, JoinTokenStore } from '../nodes/join-token-store.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';
import { recordChanges } from './changes.ts';
import type { Database } from './database.ts';
import { createEntries } from './entry-creation.ts';

export interface JoinTokensOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
}

export class PostgresJoinTokens implements JoinTokenStore {
  readonly #options: JoinTokensOptions;

  constructor(options: JoinTokensOptions) {
    this.#options = options;
  }

  create(token: JoinToken, alias: NewEntry | undefined): Promise<boolean> {
    const { clock, random, database } = this.#options;
    return database.transaction('read committed', async (tx) => {
      const stored = await tx.query(
        'insert into join_tokens (value, expires_at) values ($1, $2) on conflict (value) do nothing returning 1 as done',
        [token.value, token.expiresAt],
      );
      if (stored.length === 0) return false;
      const context = { now: clock.now(), newId: () => random.uuid() };
      const outcomes = await createEntries(tx, alias === undefined ? [] : [alias], context);
      const ids = outcomes.flatMap((outcome) => (outcome.kind === 'created' ? [outcome.entry.id] : []));
      await recordChanges(tx, { entries: ids });
      return true;
    });
  }

  async find(value: string): Promise<JoinToken | undefined> {
    const [row] = await this.#options.database.query<{ value: string; expires_at: Date }>(
      'select value, expires_at from join_tokens where value = $1',
      [value],
    );
    return row === undefined ? undefined : { value: row.value, expiresAt: row.expires_at };
  }

  async delete(value: string): Promise<void> {
    await this.#options.database.transaction('read committed', (tx) =>
      tx.query('delete from join_tokens where value = $1', [value]),
    );
  }
}

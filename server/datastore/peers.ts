/** Servers that live, in Postgres: a row each, dated by the database's clock, so that servers whose clocks differ agree. Made by open.ts. */
import { LIVE_SECONDS, type Peer, type PeerStore } from '../cluster/peer-store.ts';
import type { Database } from './database.ts';

interface PeerRow {
  readonly id: string;
  readonly known_sequence: number;
}

const BEAT = `
  insert into servers (id, known_sequence, seen_at) values ($1, $2, clock_timestamp())
  on conflict (id) do update set known_sequence = excluded.known_sequence, seen_at = excluded.seen_at`;

const IS_LIVE = `seen_at > clock_timestamp() - interval '${LIVE_SECONDS} seconds'`;

export class PostgresPeers implements PeerStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async beat({ id, knownSequence }: Peer): Promise<void> {
    await this.#database.transaction('read committed', (tx) => tx.query(BEAT, [id, knownSequence]));
  }

  async live(): Promise<readonly Peer[]> {
    const rows = await this.#database.query<PeerRow>(
      `select id, known_sequence from servers where ${IS_LIVE} order by id`,
    );
    return rows.map(({ id, known_sequence: knownSequence }) => ({ id, knownSequence }));
  }

  /** Those that were killed go with it. */
  async leave(id: string): Promise<void> {
    await this.#database.transaction('read committed', (tx) =>
      tx.query(`delete from servers where id = $1 or seen_at < clock_timestamp() - interval '1 day'`, [id]),
    );
  }
}

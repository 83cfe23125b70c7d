/**
 * What the database says has happened to its entries, change by change, and whether what others saw is that. Every entry
 * is the one agent's. Used by the recovery tests.
 */
import assert from 'node:assert/strict';
import { Client, type ClientConfig } from 'pg';
import type { Sight } from './onlooker.ts';

/** From which change on an entry was there, and from which on no more. */
interface Span {
  readonly from: number;
  readonly end: number | undefined;
}

interface ChangeRow {
  readonly n: string;
  readonly item_id: string | null;
}

export class History {
  readonly #connection: ClientConfig;
  readonly #spans = new Map<string, Span>();
  #epoch = '';
  #head = 0;

  private constructor(connection: ClientConfig) {
    this.#connection = connection;
  }

  /** What there is now counts as having been there from the first change on. */
  static async begin(connection: ClientConfig): Promise<History> {
    const history = new History(connection);
    await history.#read(async (client) => {
      const { epoch, head } = await readHead(client);
      history.#epoch = epoch;
      history.#head = head;
      for (const id of await presentIn(client)) history.#spans.set(id, { from: 0, end: undefined });
    });
    return history;
  }

  get head(): number {
    return this.#head;
  }

  /** Reads on, while nobody writes. Throws when numbers are missing, or a new history has begun. */
  async readOn(): Promise<void> {
    await this.#read(async (client) => {
      const { epoch, head } = await readHead(client);
      assert.equal(epoch, this.#epoch, 'a new epoch began although no commit was lost');
      const { rows } = await client.query<ChangeRow>(
        `select n, item_id from changes where feed = 'entries' and n > $1 order by n`,
        [this.#head],
      );
      const expected = Array.from({ length: head - this.#head }, (_, at) => this.#head + 1 + at);
      assert.deepEqual(
        rows.map(({ n }) => Number(n)),
        expected,
        'the feed has a gap',
      );
      this.#apply(rows, new Set(await presentIn(client)));
      this.#head = head;
    });
  }

  /** IDs are given once: an entry that is not there any more went with its last change. */
  #apply(rows: readonly ChangeRow[], present: ReadonlySet<string>): void {
    for (const { n, item_id: id } of rows) {
      if (id === null) continue;
      const from = this.#spans.get(id)?.from ?? Number(n);
      this.#spans.set(id, { from, end: present.has(id) ? undefined : Number(n) });
    }
  }

  /** Throws unless that is what there was at that change. */
  check({ position: { epoch, n }, ids }: Sight): void {
    assert.equal(epoch, this.#epoch, 'a server saw another epoch');
    const there = [...this.#spans].filter(([, span]) => span.from <= n && (span.end ?? Infinity) > n);
    assert.deepEqual([...ids].sort(), there.map(([id]) => id).sort(), `a server saw other entries at ${n}`);
  }

  /** Throws unless these were created one after another, each after the one before. */
  checkOrder(ids: readonly string[]): void {
    const begins = ids.map((id) => this.#spans.get(id)?.from ?? Number.NaN);
    assert.deepEqual(
      begins,
      [...begins].sort((a, b) => a - b),
      'creations are in another order',
    );
  }

  /** Forgets what ended: nobody asks for the past of past rounds. */
  forgetEnded(): void {
    for (const [id, { end }] of this.#spans) if (end !== undefined) this.#spans.delete(id);
  }

  async #read(deed: (client: Client) => Promise<void>): Promise<void> {
    const client = new Client(this.#connection);
    client.on('error', () => {});
    await client.connect();
    try {
      await client.query('begin isolation level repeatable read read only');
      await deed(client);
    } finally {
      await client.end();
    }
  }
}

async function readHead(client: Client): Promise<{ epoch: string; head: number }> {
  const { rows } = await client.query<{ epoch: string; head: string }>(
    `select epoch, head from feeds where name = 'entries'`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('there is no feed of entries');
  return { epoch: row.epoch, head: Number(row.head) };
}

async function presentIn(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>('select id from entries');
  return rows.map(({ id }) => id);
}

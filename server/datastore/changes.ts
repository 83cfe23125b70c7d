/**
 * The change feeds: numbers that are commit-ordered and have no gaps.
 *
 * Writing: the last statement of a mutation takes its numbers from the feed's counter row. The row lock is held until
 * the commit, so the next writer's numbers follow ours and become visible after ours.
 *
 * Reading: a change row names an item, and the item is read as it is now, in the same statement and so in the same
 * view of the database. Views of the primary only move forward, so no item of a reader ever goes back. A page that
 * reaches the head leaves the reader with exactly the state at that number, since in one view the items are those after
 * change `head`. A page that does not may show an item as a later change left it; that change is still ahead of the
 * reader, and the page that holds it makes the rest catch up. So positions are comparable between servers at the head.
 *
 * Losing: where the row at a reader's position is missing or has another tag, commits were lost (a failover, a restore)
 * and the reader reloads under a new epoch. Where it was pruned, the reader reloads and the epoch stays.
 */
import type { QueryResultRow } from 'pg';
import type { ChangesAfter, Change, ChangeFeed, Position } from '../entries/change-feed.ts';
import { internal } from '../../shared/errors.ts';
import type { Database, Queryable } from './database.ts';
import type { Hints } from './hints.ts';

export type FeedName = 'entries' | 'nodes';

/** How a feed reads its items from a table that has the columns `row_id` and `id`. */
export interface FeedItems<Item, Row extends QueryResultRow> {
  readonly feed: FeedName;
  readonly columns: string;
  toItem(row: Row): Item;
}

const PAGE_CHANGES = 1_000;
const SNAPSHOT_PAGE_ROWS = 1_000; // some megabytes: gone from the young part of the heap before the next

/** NOTIFY channel of a feed. */
export const channelOf = (feed: FeedName): string => `writ_${feed}`;

/** Must be the last statements of their transaction. Feeds are always taken in the same order: no deadlocks. */
export async function recordChanges(
  tx: Queryable,
  changed: Partial<Record<FeedName, readonly string[]>>,
): Promise<void> {
  for (const feed of ['entries', 'nodes'] as const) {
    const ids = changed[feed] ?? [];
    if (ids.length > 0) await tx.query(RECORD, [feed, ids.length, ids, channelOf(feed)]);
  }
}

const RECORD = `
  with counter as (update feeds set head = head + $2::int where name = $1 returning head),
  written as (
    insert into changes (feed, n, item_id)
    select $1, counter.head - $2::int + item.ordinal, item.id
    from counter, unnest($3::text[]) with ordinality as item (id, ordinal))
  select pg_notify($4, '')`;

export class PostgresChangeFeed<Item, Row extends QueryResultRow> implements ChangeFeed<Item> {
  readonly #database: Database;
  readonly #hints: Hints;
  readonly #items: FeedItems<Item, Row>;

  constructor(database: Database, hints: Hints, items: FeedItems<Item, Row>) {
    this.#database = database;
    this.#hints = hints;
    this.#items = items;
  }

  async snapshot(onPage: (items: readonly Item[]) => void, lost?: Position): Promise<Position> {
    if (lost !== undefined) await beginEpochIfMissing(this.#database, this.#items.feed, lost);
    return this.#database.transaction('snapshot', async (tx) => {
      const position = await readHead(tx, this.#items.feed);
      const read = (after: number): Promise<(Row & RowId)[]> => {
        const rows = tx.query<Row & RowId>(this.#pageSql(), [after, SNAPSHOT_PAGE_ROWS]);
        rows.catch(() => {}); // where taking in the page before has failed, nobody waits for it
        return rows;
      };
      for (let next = read(0); ; ) {
        const rows = await next;
        const last = rows.length < SNAPSHOT_PAGE_ROWS ? undefined : rows.at(-1)?.row_id;
        if (last !== undefined) next = read(last); // Postgres reads it while this one is taken in
        if (rows.length > 0) onPage(rows.map((row) => this.#items.toItem(row)));
        if (last === undefined) return position;
      }
    });
  }

  async changesAfter(position: Position): Promise<ChangesAfter<Item>> {
    const values = [this.#items.feed, position.n, PAGE_CHANGES];
    const rows = await this.#database.query<Row & ChangeRow>(this.#changesSql(), values);
    const [first] = rows;
    if (first === undefined) throw internal(`feed "${this.#items.feed}" has no counter row`);
    if (first.feed_epoch !== position.epoch || first.mark !== position.tag) return { kind: 'lost' };
    return { kind: 'changes', ...this.#read(rows, position, first.feed_head) };
  }

  onHint(listener: () => void): () => void {
    return this.#hints.on(channelOf(this.#items.feed), listener);
  }

  /** One row per change; of an item that changed several times in the page, the last. */
  #read(rows: readonly (Row & ChangeRow)[], from: Position, head: number) {
    const changes: Change<Item>[] = [];
    let position = from;
    for (const row of rows) {
      if (row.change_n === null || row.change_tag === null) break;
      position = { epoch: from.epoch, n: row.change_n, tag: row.change_tag };
      if (row.change_item === null || row.is_last !== true) continue;
      changes.push(
        row.row_id === null
          ? { kind: 'delete', id: row.change_item }
          : { kind: 'put', id: row.change_item, item: this.#items.toItem(row) },
      );
    }
    return { changes, position, atHead: position.n >= head };
  }

  #pageSql(): string {
    const { feed, columns } = this.#items;
    return `select row_id, ${columns} from ${feed} as item where row_id > $1 order by row_id limit $2`;
  }

  #changesSql(): string {
    const { feed, columns } = this.#items;
    return `
      with page as (
        select n, tag, item_id, n = max(n) over (partition by item_id) as is_last
        from (select n, tag, item_id from changes where feed = $1 and n > $2 order by n limit $3) as next)
      select feeds.epoch as feed_epoch, feeds.head as feed_head,
        (select tag from changes where feed = $1 and n = $2) as mark,
        page.n as change_n, page.tag as change_tag, page.item_id as change_item, page.is_last,
        item.row_id, ${columns}
      from feeds left join page on true
        left join ${feed} as item on item.id = page.item_id and page.is_last
      where feeds.name = $1
      order by page.n`;
  }
}

interface RowId {
  readonly row_id: number;
}

interface ChangeRow {
  readonly feed_epoch: string;
  readonly feed_head: number;
  readonly mark: string | null;
  readonly change_n: number | null;
  readonly change_tag: string | null;
  readonly change_item: string | null;
  readonly is_last: boolean | null;
  readonly row_id: number | null;
}

async function readHead(tx: Queryable, feed: FeedName): Promise<Position> {
  const [row] = await tx.query<{ epoch: string; head: number; tag: string | null }>(
    `select epoch, head, (select tag from changes where feed = name and n = head) as tag from feeds where name = $1`,
    [feed],
  );
  if (row === undefined) throw internal(`feed "${feed}" has no counter row`);
  return { epoch: row.epoch, n: row.head, tag: row.tag ?? '' };
}

/**
 * Begins a new epoch when `lost` is not part of the history. Compares under the counter's row lock, so of several
 * servers that report the same loss one begins the epoch and the others find it begun.
 */
async function beginEpochIfMissing(database: Database, feed: FeedName, lost: Position): Promise<void> {
  await database.transaction('read committed', async (tx) => {
    const [now] = await tx.query<{ epoch: string; head: number }>(
      'select epoch, head from feeds where name = $1 for update',
      [feed],
    );
    if (now === undefined || now.epoch !== lost.epoch) return;
    const [found] = await tx.query<{ tag: string | null; oldest: number | null }>(
      'select (select tag from changes where feed = $1 and n = $2) as tag, (select min(n) from changes where feed = $1) as oldest',
      [feed, lost.n],
    );
    const isPruned = found?.oldest !== null && found !== undefined && lost.n < found.oldest;
    if (isPruned || found?.tag === lost.tag) return;
    await tx.query('update feeds set head = head + 1, epoch = gen_random_uuid() where name = $1', [feed]);
    await tx.query('insert into changes (feed, n) select name, head from feeds where name = $1', [feed]);
    await tx.query(`select pg_notify($1, '')`, [channelOf(feed)]);
  });
}

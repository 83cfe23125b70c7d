/**
 * Reads lists piece by piece, a few at a time: only what is shown of them is held, and others find a connection and come
 * in between. Made by open.ts for the stores that list.
 */
import type { Page, Show } from '../entries/entry-store.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { Pauses } from '../../shared/pauses.ts';
import type { Database } from './database.ts';
import { type PageQuery, pageSql } from './list-query.ts';

/** Rows of a few hundred bytes each, and of 256 KiB at most: entries and nodes. */
export const SMALL_ROWS = 200;
/** Rows of a megabyte at most: whatever holds a bundle. */
export const LARGE_ROWS = 20;

/** More would do the same work at the same time, and hold more meanwhile. */
const AT_ONCE = 4;
/** No list of so many fits the 4 MiB of a gRPC message: an id alone takes 40 bytes. */
const UNPAGED_MAX = 100_000;

interface ListedRow {
  readonly row_id: number | null;
}

export interface Reading<Row, Item> {
  readonly query: PageQuery;
  readonly toItem: (row: Row) => Item;
  /** That are read at once. */
  readonly pieceRows: number;
}

export class Lists {
  readonly #database: Database;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** `connections`: of the database, of which one is left to others where there are several. */
  constructor(database: Database, connections: number) {
    this.#database = database;
    this.#free = Math.max(1, Math.min(AT_ONCE, connections - 1));
  }

  /**
   * Throws InvalidArgument on a malformed page token, ResourceExhausted when everything is asked for and is far too much,
   * and what `show` throws.
   */
  async read<Row extends ListedRow, Item, Shown>(
    { query, toItem, pieceRows }: Reading<Row, Item>,
    show: Show<Item, Shown>,
  ): Promise<Page<Shown>> {
    const sql = pageSql(query);
    const { pageSize } = query.page;
    const { values } = query.conditions;
    const shown = new ShownRows<Row, Shown>((row) => show(toItem(row)));
    if (pageSize > 0 && pageSize <= pieceRows) await shown.add(await this.#database.query<Row>(sql, values));
    else
      await this.#inTurn(async () => {
        if (pageSize <= 0) await this.#checkCount(query);
        await this.#readPieces({ sql, values, pieceRows }, shown);
      });
    // A page that has a size has a token whenever it is not empty, so the last page is an empty one (as in SPIRE).
    return { items: shown.items, nextPageToken: pageSize > 0 ? String(shown.lastRowId ?? '') : '' };
  }

  /** So that a million are refused before they are read. */
  async #checkCount({ table, conditions: { where, values } }: PageQuery): Promise<void> {
    const sql = `select count(*) as count
      from (select from ${table} as item where ${where} limit ${UNPAGED_MAX + 1}) as listed`;
    const [row] = await this.#database.query<{ count: number }>(sql, values);
    if (row === undefined || row.count <= UNPAGED_MAX) return;
    throw new CodedError(
      Code.resourceExhausted,
      `the list has more than ${UNPAGED_MAX} items: ask for pages (page_size), or for less (filter)`,
    );
  }

  /** The cursor lives and ends with its transaction: a transaction pooler may stand between. */
  #readPieces<Row extends ListedRow, Shown>(
    { sql, values, pieceRows }: { sql: string; values: readonly unknown[]; pieceRows: number },
    shown: ShownRows<Row, Shown>,
  ): Promise<void> {
    return this.#database.transaction('snapshot', async (tx) => {
      await tx.query(`declare list no scroll cursor for ${sql}`, values);
      for (let length = pieceRows; length === pieceRows && !shown.isFull; ) {
        const rows = await tx.query<Row>(`fetch forward ${pieceRows} from list`);
        length = rows.length;
        await shown.add(rows);
      }
    });
  }

  async #inTurn<T>(deed: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await deed();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

class ShownRows<Row extends ListedRow, Shown> {
  readonly items: Shown[] = [];
  readonly #show: (row: Row) => Shown | undefined;
  lastRowId: number | null = null;
  isFull = false;

  constructor(show: (row: Row) => Shown | undefined) {
    this.#show = show;
  }

  /** Until one does not fit. */
  async add(rows: readonly Row[]): Promise<void> {
    const pauses = new Pauses();
    for (const row of rows) {
      if (pauses.isDue) await pauses.take();
      const item = this.#show(row);
      this.isFull = item === undefined;
      if (item === undefined) return;
      this.items.push(item);
      this.lastRowId = row.row_id;
    }
  }
}

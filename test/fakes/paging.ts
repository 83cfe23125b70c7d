/** Pages of the fake stores, by an ever-growing row number, with the tokens that SPIRE gives. */
import type { Page, PageRequest } from '../../server/entries/entry-store.ts';
import { invalidArgument } from '../../shared/errors.ts';

export interface FakeRow<Item> {
  readonly rowId: number;
  readonly item: Item;
}

export function pageOf<Item>(
  rows: readonly FakeRow<Item>[],
  { pageSize, pageToken }: PageRequest,
): Page<Item> {
  if (!/^\d{0,15}$/.test(pageToken)) throw invalidArgument('page token is malformed');
  const rest = rows.filter((row) => row.rowId > Number(pageToken));
  if (pageSize === 0) return { items: rest.map((row) => row.item), nextPageToken: '' };
  const page = rest.slice(0, pageSize);
  return { items: page.map((row) => row.item), nextPageToken: String(page.at(-1)?.rowId ?? '') };
}

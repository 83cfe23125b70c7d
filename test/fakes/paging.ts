/** Pages of the fake stores, by an ever-growing row number, with the tokens that SPIRE gives. */
import type { Page, PageRequest, Show } from '../../server/entries/entry-store.ts';
import { invalidArgument } from '../../shared/errors.ts';

export interface FakeRow<Item> {
  readonly rowId: number;
  readonly item: Item;
}

/** For lists that are wanted as they are. */
export const asIs = <Item>(item: Item): Item => item;

export function pageOf<Item, Shown>(
  rows: readonly FakeRow<Item>[],
  { pageSize, pageToken }: PageRequest,
  show: Show<Item, Shown>,
): Page<Shown> {
  if (!/^\d{0,15}$/.test(pageToken)) throw invalidArgument('page token is malformed');
  const items: Shown[] = [];
  let last: number | undefined;
  for (const { rowId, item } of rows.filter((row) => row.rowId > Number(pageToken))) {
    const shown = pageSize > 0 && items.length === pageSize ? undefined : show(item);
    if (shown === undefined) break;
    items.push(shown);
    last = rowId;
  }
  return { items, nextPageToken: pageSize > 0 ? String(last ?? '') : '' };
}

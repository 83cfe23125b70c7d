/** Pages of lists (SPIRE: pagination), kept to the size of a message. Called by list-entries and list-agents. */
import { Code, CodedError } from '../../../shared/errors.ts';
import type { Page, PageRequest } from '../../entries/entry-store.ts';

/** No list of so many fits the 4 MiB of a gRPC message, not even with ids alone. */
const UNPAGED_MAX = 100_000;
/** DIVERGES: a larger page size gets pages of this. SPIRE has no limit; what fits a message is seldom more. */
const PAGE_MAX = 5_000;
const PAGE_MAX_BYTES = 3.5 * 1024 * 1024; // below gRPC's 4 MiB, with room for tags

export interface Listing<Item> {
  readonly list: (page: PageRequest) => Promise<Page<Item>>;
  /** Of one item on the wire, never too low. */
  readonly bytesOf: (item: Item) => number;
}

/**
 * A page is cut where it would not fit a message; without a page size everything comes, as in SPIRE.
 * Throws ResourceExhausted when that is more than a message can hold.
 */
export async function listPage<Item>(
  { list, bytesOf }: Listing<Item>,
  { page_size: pageSize, page_token: pageToken }: { readonly page_size: number; readonly page_token: string },
): Promise<Page<Item>> {
  if (pageSize <= 0) return listAll(list);
  for (let size = Math.min(pageSize, PAGE_MAX); ; ) {
    const page = await list({ pageSize: size, pageToken });
    const fitting = countFitting(page.items, bytesOf);
    if (fitting === page.items.length) return page;
    size = fitting;
  }
}

async function listAll<Item>(list: Listing<Item>['list']): Promise<Page<Item>> {
  const { items } = await list({ pageSize: UNPAGED_MAX + 1, pageToken: '' });
  if (items.length > UNPAGED_MAX) {
    throw new CodedError(Code.resourceExhausted, `more than ${UNPAGED_MAX} items: set a page size`);
  }
  return { items, nextPageToken: '' };
}

/** At least one: an item by itself fits. */
function countFitting<Item>(items: readonly Item[], bytesOf: (item: Item) => number): number {
  let bytes = 0;
  const at = items.findIndex((item) => (bytes += bytesOf(item)) > PAGE_MAX_BYTES);
  return at < 0 ? items.length : Math.max(at, 1);
}

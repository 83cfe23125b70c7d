/** Pages of lists (SPIRE: pagination), kept to the size of a message. Called by the RPCs that list. */
import { Code, CodedError } from '../../../shared/errors.ts';
import type { Page, PageRequest } from '../../entries/entry-store.ts';

/** No list of so many fits the 4 MiB of a gRPC message, not even with ids alone. */
const UNPAGED_MAX = 100_000;
/** DIVERGES: a larger page size gets pages of this. SPIRE has no limit; what fits a message is seldom more. */
const PAGE_MAX = 5_000;
/** Bundles that are read at once: of a megabyte each, at most. */
export const BUNDLES_AT_ONCE = 50;
const PAGE_MAX_BYTES = 3.5 * 1024 * 1024; // below gRPC's 4 MiB, with room for tags

export interface Listing<Item> {
  readonly list: (page: PageRequest) => Promise<Page<Item>>;
  /** Of one item on the wire, never too low. */
  readonly bytesOf: (item: Item) => number;
  /** Of items that are so large that no more of them are read at once. */
  readonly atOnceMax?: number;
}

/**
 * A page is cut where it would not fit a message; without a page size everything comes, as in SPIRE.
 * Throws ResourceExhausted when that is more than a message can hold.
 */
export async function listPage<Item>(
  listing: Listing<Item>,
  { page_size: pageSize, page_token: pageToken }: { readonly page_size: number; readonly page_token: string },
): Promise<Page<Item>> {
  const { list, bytesOf, atOnceMax } = listing;
  if (pageSize <= 0) return atOnceMax === undefined ? listAll(list) : gatherAll(listing, atOnceMax);
  for (let size = Math.min(pageSize, atOnceMax ?? PAGE_MAX); ; ) {
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

/** Piece by piece, so that what is too much is found out before all of it is read. */
async function gatherAll<Item>({ list, bytesOf }: Listing<Item>, pageSize: number): Promise<Page<Item>> {
  const items: Item[] = [];
  let bytes = 0;
  for (let pageToken = ''; ; ) {
    const page = await list({ pageSize, pageToken });
    for (const item of page.items) bytes += bytesOf(item);
    if (bytes > PAGE_MAX_BYTES)
      throw new CodedError(Code.resourceExhausted, 'this is more than a message can hold: set a page size');
    items.push(...page.items);
    if (page.nextPageToken === '') return { items, nextPageToken: '' };
    pageToken = page.nextPageToken;
  }
}

/** At least one: an item by itself fits. */
function countFitting<Item>(items: readonly Item[], bytesOf: (item: Item) => number): number {
  let bytes = 0;
  const at = items.findIndex((item) => (bytes += bytesOf(item)) > PAGE_MAX_BYTES);
  return at < 0 ? items.length : Math.max(at, 1);
}

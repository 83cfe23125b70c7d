/** Lists as answers, kept to the size of a message (SPIRE: pagination). Called by the RPCs that list. */
import { Pauses } from '../../../shared/pauses.ts';
import { EncodedMessage } from '../../../shared/rpc/encoded.ts';
import type { Call } from '../../../shared/rpc/handler.ts';
import type { Page, PageRequest, Show } from '../../entries/entry-store.ts';
import { Room } from './room.ts';

/** DIVERGES: SPIRE reads everything that is asked for, and leaves it to its client to refuse it. */
const PAGES = 'ask for pages (page_size), or for less (filter, output_mask)';

export interface Listing<Item> {
  readonly list: <Shown>(page: PageRequest, show: Show<Item, Shown>) => Promise<Page<Shown>>;
  /** Encodes the part of an answer that one item is. */
  readonly part: (item: Item) => Uint8Array;
  /** Encodes the part of an answer that the token is. */
  readonly tokenPart: (nextPageToken: string) => Uint8Array;
}

interface ListRequest {
  readonly page_size: number;
  readonly page_token: string;
}

/**
 * A page is cut where it would not fit a message; without a page size everything comes, as in SPIRE. Throws
 * ResourceExhausted when that is more than a message can hold, and what the signal says when the caller has left.
 */
export async function listAnswer<Item>(
  { list, part, tokenPart }: Listing<Item>,
  { page_size: pageSize, page_token: pageToken }: ListRequest,
  { signal }: Pick<Call<unknown>, 'signal'>,
): Promise<EncodedMessage> {
  const room = new Room();
  const partOf = (item: Item): Uint8Array => {
    signal.throwIfAborted();
    return part(item);
  };
  if (pageSize <= 0) {
    const { items } = await list({ pageSize: 0, pageToken: '' }, (item) => room.need(partOf(item), PAGES));
    return new EncodedMessage(items);
  }
  const { items, nextPageToken } = await list({ pageSize, pageToken }, (item) => room.take(partOf(item)));
  return new EncodedMessage([...items, tokenPart(nextPageToken)]);
}

/** What is in memory already. Throws ResourceExhausted, with this advice, when it is more than a message can hold. */
export async function wholeAnswer<Item>(
  items: readonly Item[],
  part: (item: Item) => Uint8Array,
  advice: string,
): Promise<EncodedMessage> {
  const room = new Room();
  const parts: Uint8Array[] = [];
  const pauses = new Pauses();
  for (const item of items) {
    if (pauses.isDue) await pauses.take();
    parts.push(room.need(part(item), advice));
  }
  return new EncodedMessage(parts);
}

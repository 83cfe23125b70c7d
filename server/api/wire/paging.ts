/** Lists as answers, kept to the size of a message (SPIRE: pagination). Called by the RPCs that list. */
import { Code, CodedError } from '../../../shared/errors.ts';
import { Pauses } from '../../../shared/pauses.ts';
import { EncodedMessage } from '../../../shared/rpc/encoded.ts';
import type { Call } from '../../../shared/rpc/handler.ts';
import type { Page, PageRequest, Show } from '../../entries/entry-store.ts';

/**
 * What clients of gRPC take unless they are told to take more, which SPIRE's never are.
 *
 * DIVERGES: SPIRE reads everything that is asked for, and leaves it to its client to refuse it.
 */
const MESSAGE_MAX_BYTES = 4 * 1024 * 1024;
const TOKEN_MAX_BYTES = 32; // a tag, a length, and at most 19 digits

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

const PAGES = 'ask for pages (page_size), or for less (filter, output_mask)';

/** What is left of a message. */
class Room {
  #leftBytes = MESSAGE_MAX_BYTES - TOKEN_MAX_BYTES;
  #isEmpty = true;

  /** Undefined when it does not fit any more. The first fits always: an item by itself does. */
  take(part: Uint8Array): Uint8Array | undefined {
    if (part.length > this.#leftBytes && !this.#isEmpty) return undefined;
    this.#leftBytes -= part.length;
    this.#isEmpty = false;
    return part;
  }

  need(part: Uint8Array, advice: string): Uint8Array {
    const fitting = this.take(part);
    if (fitting !== undefined) return fitting;
    throw new CodedError(
      Code.resourceExhausted,
      `the list is larger than the ${MESSAGE_MAX_BYTES} bytes of a message: ${advice}`,
    );
  }
}

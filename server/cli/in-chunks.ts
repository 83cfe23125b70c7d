/** Sends a long batch in parts that each fit into a message and a deadline. Used by `entry create`, `update`, `delete`. */
import { messageOf } from '../../shared/errors.ts';

const CHUNK = 500; // as many entries as a page of a list

export interface Done<Result> {
  /** Of the parts that were sent, in order. */
  readonly results: readonly Result[];
  /** Why the rest was not, if it was not. */
  readonly error: Error | undefined;
}

/** One result for each item, until a part fails; throws when that is the first. An empty batch is sent as it is. */
export async function inChunks<Item, Result>(
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<{ readonly results: readonly Result[] }>,
): Promise<Done<Result>> {
  const results: Result[] = [];
  let at = 0;
  do {
    try {
      results.push(...(await send(items.slice(at, at + CHUNK))).results);
    } catch (error) {
      if (at === 0) throw error;
      const left = `${items.length - at} of ${items.length} were not sent, or their answer was lost`;
      return { results, error: new Error(`${left}: ${messageOf(error)}`, { cause: error }) };
    }
    at += CHUNK;
  } while (at < items.length);
  return { results, error: undefined };
}

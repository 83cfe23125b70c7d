/** Batches whose items are decided one by one, each a transaction of its own, as in SPIRE. Called by the batch RPCs of bundles and relationships. */
import { invalidArgument } from '../../shared/errors.ts';

/** DIVERGES: SPIRE has no bound. Each item waits for the database to write it; nobody federates with more. */
const ITEMS_MAX = 1_000;

/** One result for each item, in order. Throws InvalidArgument when they are too many. */
export async function itemByItem<Item, Result>(
  items: readonly Item[],
  deed: (item: Item) => Promise<Result>,
  toFailure: (error: unknown, item: Item) => Result,
): Promise<Result[]> {
  if (items.length > ITEMS_MAX)
    throw invalidArgument(`${items.length} items are more than ${ITEMS_MAX}: send them in parts`);
  const results: Result[] = [];
  for (const item of items) results.push(await deed(item).catch((error: unknown) => toFailure(error, item)));
  return results;
}

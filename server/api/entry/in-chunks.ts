/**
 * Carries out a batch of any length: a chunk is one transaction, and what fails is told per item. Called by the batch
 * RPCs of entries. The size of a message is what bounds a batch.
 */
import { Code, CodedError } from '../../../shared/errors.ts';

const CHUNK = 1_000;

export type ItemResult<Outcome> =
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly error: unknown };

/** One result for each item, in order. `deed` decides a chunk as a whole or throws. */
export async function inChunks<Item, Outcome>(
  items: readonly Item[],
  deed: (chunk: readonly Item[]) => Promise<readonly Outcome[]>,
): Promise<readonly ItemResult<Outcome>[]> {
  const results: ItemResult<Outcome>[] = [];
  for (let at = 0; at < items.length; at += CHUNK)
    results.push(...(await tryChunk(items.slice(at, at + CHUNK), deed)));
  return results;
}

/** An item that the database cannot take (a NUL in a text) fails its chunk: halving finds it and lets the others through. */
async function tryChunk<Item, Outcome>(
  chunk: readonly Item[],
  deed: (chunk: readonly Item[]) => Promise<readonly Outcome[]>,
): Promise<readonly ItemResult<Outcome>[]> {
  try {
    return (await deed(chunk)).map((outcome) => ({ kind: 'done', outcome }));
  } catch (error) {
    if (chunk.length === 1 || !(error instanceof CodedError) || error.code !== Code.invalidArgument) {
      return chunk.map(() => ({ kind: 'failed', error }));
    }
    const middle = Math.ceil(chunk.length / 2);
    return [
      ...(await tryChunk(chunk.slice(0, middle), deed)),
      ...(await tryChunk(chunk.slice(middle), deed)),
    ];
  }
}

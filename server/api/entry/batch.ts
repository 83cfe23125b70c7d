/**
 * Carries out a long batch, a chunk after the other: each chunk is one transaction, and what fails is told per
 * item. Called by the batch RPCs of entries.
 */
import { Code, CodedError, invalidArgument } from '../../../shared/errors.ts';
import { Pauses } from '../../../shared/pauses.ts';

/**
 * DIVERGES: SPIRE has no bound. A message holds so many that create something; of those that delete, or change what the
 * message does not have, it would hold twice as many.
 */
const ITEMS_MAX = 50_000;
/** Large enough to be fast, small enough for other calls to come in between. */
const CHUNK = 1_000;

export interface Batch<Wire, Item, Outcome, Result> {
  readonly wires: readonly Wire[];
  /** Throws for an item that is no good. */
  readonly read: (wire: Wire) => Item;
  /** Decides the items as a whole, an outcome for each in order, or throws and has done nothing. */
  readonly deed: (items: readonly Item[]) => Promise<readonly Outcome[]>;
  readonly toResult: (outcome: Outcome) => Result;
  /** `stage`: whether the item could not be read, or the deed failed. */
  readonly toFailure: (error: unknown, stage: 'read' | 'deed') => Result;
}

/** One result for each item, in order. Throws InvalidArgument when they are too many. */
export async function runBatch<Wire, Item, Outcome, Result>(
  batch: Batch<Wire, Item, Outcome, Result>,
): Promise<readonly Result[]> {
  if (batch.wires.length > ITEMS_MAX)
    throw invalidArgument(`${batch.wires.length} entries are more than ${ITEMS_MAX}: send them in parts`);
  const results: Result[] = [];
  for (let at = 0; at < batch.wires.length; at += CHUNK) {
    results.push(...(await runChunk(batch, batch.wires.slice(at, at + CHUNK))));
  }
  return results;
}

async function runChunk<Wire, Item, Outcome, Result>(
  batch: Batch<Wire, Item, Outcome, Result>,
  wires: readonly Wire[],
): Promise<readonly Result[]> {
  const results = new Map<number, Result>();
  const readable: { readonly at: number; readonly item: Item }[] = [];
  const pauses = new Pauses();
  for (const [at, wire] of wires.entries()) {
    if (pauses.isDue) await pauses.take();
    try {
      readable.push({ at, item: batch.read(wire) });
    } catch (error) {
      results.set(at, batch.toFailure(error, 'read'));
    }
  }
  const done = await carryOut(
    batch,
    readable.map(({ item }) => item),
  );
  for (const [i, { at }] of readable.entries()) {
    results.set(at, done[i] ?? batch.toFailure(new Error('there was no outcome'), 'deed'));
  }
  return wires.map((_, at) => results.get(at) ?? batch.toFailure(new Error('there was no result'), 'deed'));
}

/** An item that the database cannot take (a NUL in a text) fails them all: halving finds it and lets the others through. */
async function carryOut<Wire, Item, Outcome, Result>(
  batch: Batch<Wire, Item, Outcome, Result>,
  items: readonly Item[],
): Promise<readonly Result[]> {
  if (items.length === 0) return [];
  try {
    return (await batch.deed(items)).map(batch.toResult);
  } catch (error) {
    const isOfAnItem = error instanceof CodedError && error.code === Code.invalidArgument;
    if (items.length === 1 || !isOfAnItem) return items.map(() => batch.toFailure(error, 'deed'));
    const middle = Math.ceil(items.length / 2);
    return [
      ...(await carryOut(batch, items.slice(0, middle))),
      ...(await carryOut(batch, items.slice(middle))),
    ];
  }
}

/** SVIDs for a whole batch, each item by itself. Called by the RPCs that take batches. */
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { invalidArgument } from '../../../shared/errors.ts';
import type { CallContext } from '../gate/context.ts';
import { askerOf, type SigningTurns } from '../gate/signing-turns.ts';
import { OK, statusOf } from '../wire/status.ts';

const BATCH_MAX = 500; // SPIRE: the burst of the signing limit
/** Signed at once: enough for the crypto threads to be busy, few enough for other calls to come in between. */
const TOGETHER = 8;

/** `issued` where the status is OK. */
export interface Outcome<T> {
  readonly status: StatusOutput;
  readonly issued?: T;
}

/** Throws InvalidArgument on a batch of nothing, or too much. */
export function checkBatch(items: readonly unknown[]): void {
  if (items.length === 0) throw invalidArgument('missing parameters');
  if (items.length > BATCH_MAX) throw invalidArgument(`${items.length} SVIDs are more than ${BATCH_MAX}`);
}

export interface Issuing {
  readonly turns: SigningTurns;
  readonly context: CallContext;
}

/**
 * What became of each item, in order. Rejects with Unavailable when so many cannot be signed soon, and when the caller
 * leaves.
 */
export async function issueEach<P, T>(
  items: readonly P[],
  issue: (item: P, at: number) => Promise<T>,
  { turns, context }: Issuing,
): Promise<readonly Outcome<T>[]> {
  const { signal } = context.call;
  const work = turns.admit(askerOf(context), items.length);
  try {
    const outcomes: Outcome<T>[] = [];
    for (let from = 0; from < items.length; from += TOGETHER) {
      const together = items.slice(from, from + TOGETHER);
      const issueAll = () => Promise.all(together.map((item, i) => outcomeOf(() => issue(item, from + i))));
      outcomes.push(...(await work.turn(together.length, signal, issueAll)));
    }
    return outcomes;
  } finally {
    work.end();
  }
}

async function outcomeOf<T>(deed: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { status: OK, issued: await deed() };
  } catch (error) {
    return { status: statusOf(error) };
  }
}

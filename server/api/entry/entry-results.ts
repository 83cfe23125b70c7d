/** Results of batches of entries: what each item says on the wire and in the audit log. */
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import type { Entry as WireEntry, EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import type { LogFields } from '../../../shared/log/logger.ts';
import type { ItemResult } from './in-chunks.ts';
import { statusOf } from '../wire/status.ts';

export interface EntryResult {
  readonly status: StatusOutput;
  readonly entry?: WireEntry;
}

/** What did not get as far as the store. */
export const refusedResult = (error: unknown): EntryResult => ({ status: statusOf(error) });

/** `failed to <deed> entry: …`; what is not the item's fault keeps its code. */
export const failedResult = (deed: 'create' | 'update' | 'delete', error: unknown): EntryResult => {
  const { code, message } = statusOf(error);
  return { status: { code, message: `failed to ${deed} entry: ${message}` } };
};

export const noBundle = (trustDomain: string): CodedError =>
  new CodedError(Code.invalidArgument, `unable to find federated bundle "${trustDomain}"`);

/** What the audit log says of an entry that was asked for. */
export const entryFields = (wire: EntryOutput): LogFields => ({
  ...(wire.id === '' ? {} : { entry_id: wire.id }),
  spiffe_id: textOf(wire.spiffe_id),
  parent_id: textOf(wire.parent_id),
  selectors: wire.selectors.slice(0, 100).map(({ type, value }) => `${type}:${value}`),
  ...(wire.admin ? { admin: true } : {}),
  ...(wire.downstream ? { downstream: true } : {}),
});

const textOf = (id: EntryOutput['spiffe_id']): string | undefined =>
  id === null ? undefined : `spiffe://${id.trust_domain}${id.path}`;

/**
 * Runs the items that could be read through the store and puts the results back in order.
 * `read` throws for an item that is no good.
 */
export async function batch<Wire, Item, Result>({
  wires,
  read,
  carryOut,
  refuse,
}: {
  readonly wires: readonly Wire[];
  readonly read: (wire: Wire) => Item;
  readonly carryOut: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly refuse: (error: unknown) => Result;
}): Promise<readonly Result[]> {
  const attempts = wires.map((wire) => attempt(() => read(wire)));
  const items = attempts.flatMap((each) => (each.kind === 'done' ? [each.outcome] : []));
  const results = [...(await carryOut(items))];
  return attempts.map((each) => {
    const result = each.kind === 'failed' ? refuse(each.error) : results.shift();
    return result ?? refuse(new Error('the store gave no result'));
  });
}

function attempt<T>(deed: () => T): ItemResult<T> {
  try {
    return { kind: 'done', outcome: deed() };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

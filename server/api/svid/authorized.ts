/** The entries that an agent asks SVIDs for, as the index has them now. Called by the RPCs of agents that issue. */
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { Entry } from '../../entries/entry.ts';
import { actingAgent, type CallContext } from '../gate/context.ts';
import type { SigningTurns } from '../gate/signing-turns.ts';
import { catchUpWith, confirmDenial, type IndexRefresh, namePosition } from '../sync/position.ts';

export interface AuthorizedNeeds {
  readonly index: Pick<AuthorizedEntries, 'isAuthorized'>;
  readonly refresh: IndexRefresh;
}

/** Of the RPCs that sign for an agent's entries. */
export interface SigningNeeds extends AuthorizedNeeds {
  readonly turns: SigningTurns;
}

/**
 * The entry of each id, in order; undefined where there is none that the calling agent is authorized for. All from one
 * state of the index, not behind what the caller has seen; a denial is confirmed. Throws Unavailable when that cannot be had.
 */
export async function findAuthorized(
  { index, refresh }: AuthorizedNeeds,
  ids: readonly string[],
  context: CallContext,
): Promise<readonly (Entry | undefined)[]> {
  const { node } = actingAgent(context);
  const find = (id: string): Entry | undefined => (id === '' ? undefined : index.isAuthorized(node, id));
  await catchUpWith(context, refresh);
  if (!ids.every((id) => id === '' || find(id) !== undefined)) await confirmDenial(refresh);
  namePosition(context, refresh);
  return ids.map(find);
}

/** The node aliases through which an entry is reached. Used by explain-entry. */
import type { AuthorizedEntries } from '../entries/authorized-entries.ts';
import type { Entry } from '../entries/entry.ts';
import { serverId } from '../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

const IDS_MAX = 10_000; // a chain of parents of any real use has a few

/** Climbs from the entry's parent; a node alias is its own only way. */
export function aliasesAbove(
  entry: Entry,
  index: Pick<AuthorizedEntries, 'entriesBearing'>,
): readonly Entry[] {
  if (isAlias(entry)) return [entry];
  const ids = new Set<string>();
  const aliases = new Map<string, Entry>();
  const climbing: SpiffeId[] = [entry.parentId];
  for (let id = climbing.pop(); id !== undefined && ids.size < IDS_MAX; id = climbing.pop()) {
    if (ids.has(id.toString())) continue;
    ids.add(id.toString());
    for (const bearer of index.entriesBearing(id)) {
      if (isAlias(bearer)) aliases.set(bearer.id, bearer);
      else climbing.push(bearer.parentId);
    }
  }
  return [...aliases.values()];
}

/** Below the server itself: it selects nodes, not workloads. */
export const isAlias = ({ parentId }: Entry): boolean => parentId.equals(serverId(parentId.trustDomain));

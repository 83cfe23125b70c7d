/** How near each entry comes to what a process is, for explain. Called by svid-cache. */
import { type Selector, selectorKey, selectorKeys } from '../../shared/selectors.ts';
import { type AgentEntry, byAge } from './agent-entry.ts';
import type { Candidate } from './workload-identities.ts';

/** Matches first, then those that lack the fewest selectors; at most `limit`. */
export function closestEntries(
  entries: Iterable<{ readonly entry: AgentEntry; readonly identity: unknown }>,
  selectors: readonly Selector[],
  limit: number,
): readonly Candidate[] {
  const keys = selectorKeys(selectors);
  return [...entries]
    .map(({ entry, identity }) => {
      const missing = entry.selectors.filter((selector) => !keys.has(selectorKey(selector)));
      return {
        entryId: entry.id,
        spiffeId: entry.spiffeId,
        missing,
        found: entry.selectors.length - missing.length,
        hasSvid: identity !== undefined,
        entry,
      };
    })
    .sort((a, b) => a.missing.length - b.missing.length || byAge(a.entry, b.entry))
    .slice(0, limit)
    .map(({ entry: _, ...candidate }) => candidate);
}

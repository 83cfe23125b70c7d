/** What is told of the entries that match a process. Used by svid-cache. */
import { type AgentEntry, byAge } from './agent-entry.ts';
import type { HeldEntry } from './held-entry.ts';
import type { Matches } from './workload-identities.ts';

export const entriesByAge = (found: readonly HeldEntry[]): readonly AgentEntry[] =>
  found.map(({ entry }) => entry).sort(byAge);

export const countMatches = (found: readonly HeldEntry[]): Matches => ({
  matching: found.length,
  withoutSvid: found.filter(({ identity }) => identity === undefined).length,
});

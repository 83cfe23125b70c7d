/** What is told of the entries that match a process. Used by svid-cache. */
import { type AgentEntry, byAge } from './agent-entry.ts';
import type { Matches } from './workload-identities.ts';

export const entriesByAge = (found: readonly { readonly entry: AgentEntry }[]): readonly AgentEntry[] =>
  found.map(({ entry }) => entry).sort(byAge);

export const countMatches = (found: readonly { readonly identity: unknown }[]): Matches => ({
  matching: found.length,
  withoutSvid: found.filter(({ identity }) => identity === undefined).length,
});

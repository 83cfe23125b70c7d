/** Hints tell a workload's identities apart, so no two that it is given have the same (Workload API 5.2.1). Used by cache and doors. */
import type { AgentEntry } from './agent-entry.ts';

/** SPIRE: of entries that share a hint, the oldest keeps it and the others are left out; they come oldest first. */
export const withoutSharedHints = (sorted: readonly AgentEntry[]): readonly AgentEntry[] =>
  leaveOutSharedHints(sorted, ({ hint }) => hint);

export function leaveOutSharedHints<T>(sorted: readonly T[], hintOf: (one: T) => string): readonly T[] {
  const taken = new Set<string>();
  return sorted.filter((one) => {
    const hint = hintOf(one);
    if (hint === '') return true;
    if (taken.has(hint)) return false;
    taken.add(hint);
    return true;
  });
}

/** What a workload is told, made from the entries that match it. Called by svid-cache. */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { type AgentEntry, byAge } from './agent-entry.ts';
import type { BundleCache } from './bundle-cache.ts';
import type { HeldEntry } from './held-entry.ts';
import { leaveOutSharedHints } from './shared-hints.ts';
import type { AnySvid } from './svid-kind.ts';
import type { Subscriber } from './subscribers.ts';
import type { Wants, WorkloadBundles, WorkloadUpdate } from './workload-identities.ts';

export interface Telling<I> {
  readonly bundles: BundleCache;
  readonly told: Subscriber<I>['told'];
  readonly wants: Wants;
  /** No SVIDs can be had now: what there is must do. */
  readonly isServerAway: boolean;
}

/**
 * Undefined while there is something to wait for: a matching entry's SVID that is still being made, or, for a workload
 * that was never told of any, that there be one at all.
 */
export function makeUpdate<S extends AnySvid, I>(
  matches: readonly HeldEntry<S, I>[],
  { bundles, told, wants, isServerAway }: Telling<I>,
): WorkloadUpdate<I> | undefined {
  const sorted = [...matches].sort((a, b) => byAge(a.entry, b.entry));
  const entries = leaveOutSharedHints(sorted, ({ entry }) => entry.hint);
  const allEntries = sorted.map(({ entry }) => entry);
  const base = { isEntitled: sorted.length > 0, ...bundlesOf(allEntries, bundles) };
  if (wants === 'bundles') return { identities: [], ...base };
  if (!isServerAway && entries.some((held) => held.svid === undefined && !held.wasTried)) return undefined;
  const identities = entries.flatMap((held) => held.identity ?? []);
  if (entries.length > 0 && identities.length === 0 && told === undefined) return undefined;
  return { identities, ...base };
}

/** Bundles that somebody with these entries may verify others by. */
export const bundlesOf = (entries: readonly AgentEntry[], bundles: BundleCache): WorkloadBundles => ({
  bundle: bundles.own,
  federatedBundles: federatedBundles(entries, bundles),
});

function federatedBundles(entries: readonly AgentEntry[], bundles: BundleCache): readonly Bundle[] {
  const names = new Map(
    entries.flatMap(({ federatesWith }) => federatesWith).map((name) => [name.name, name]),
  );
  return [...names.keys()].sort().flatMap((name) => {
    const trustDomain = names.get(name);
    return (trustDomain === undefined ? undefined : bundles.find(trustDomain)) ?? [];
  });
}

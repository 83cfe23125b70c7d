/** What a workload is told, made from the entries that match it. Called by svid-cache. */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { byAge } from './agent-entry.ts';
import type { BundleCache } from './bundle-cache.ts';
import type { HeldEntry } from './held-entry.ts';
import type { Subscriber } from './subscribers.ts';
import type { WorkloadUpdate } from './workload-identities.ts';

export interface Telling {
  readonly bundles: BundleCache;
  readonly told: Subscriber['told'];
  /** No SVIDs can be had now: what there is must do. */
  readonly isServerAway: boolean;
}

/**
 * Undefined while there is something to wait for: a matching entry's SVID that is still being made, or, for a workload
 * that was never told of any, that there be one at all.
 */
export function makeUpdate(
  matches: readonly HeldEntry[],
  { bundles, told, isServerAway }: Telling,
): WorkloadUpdate | undefined {
  const entries = withoutSharedHints([...matches].sort((a, b) => byAge(a.entry, b.entry)));
  if (!isServerAway && entries.some((held) => held.svid === undefined && !held.wasTried)) return undefined;
  const identities = entries.flatMap((held) => held.identity ?? []);
  if (entries.length > 0 && identities.length === 0 && told === undefined) return undefined;
  return { identities, bundle: bundles.own, federatedBundles: federatedBundles(entries, bundles) };
}

/** SPIRE: of entries that share a hint, the oldest keeps it and the others are left out. */
function withoutSharedHints(sorted: readonly HeldEntry[]): readonly HeldEntry[] {
  const taken = new Set<string>();
  return sorted.filter(({ entry: { hint } }) => {
    if (hint === '') return true;
    if (taken.has(hint)) return false;
    taken.add(hint);
    return true;
  });
}

function federatedBundles(entries: readonly HeldEntry[], bundles: BundleCache): readonly Bundle[] {
  const names = new Map(entries.flatMap(({ entry }) => entry.federatesWith).map((name) => [name.name, name]));
  return [...names.keys()].sort().flatMap((name) => {
    const trustDomain = names.get(name);
    return (trustDomain === undefined ? undefined : bundles.find(trustDomain)) ?? [];
  });
}

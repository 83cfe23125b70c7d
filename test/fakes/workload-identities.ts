/** What the agent's cache would say, set by the test. Used by the tests of the agent's doors. */
import type { AgentEntry } from '../../agent/cache/agent-entry.ts';
import type {
  Candidate,
  Matches,
  Subscription,
  SyncState,
  Wants,
  WorkloadBundles,
  WorkloadIdentities,
  WorkloadUpdate,
} from '../../agent/cache/workload-identities.ts';
import { unavailable } from '../../shared/errors.ts';
import { makeAgentEntry } from '../agent/cache/make-agent-entry.ts';
import { isSubset, type Selector, selectorKey, selectorKeys } from '../../shared/selectors.ts';

/** An entry of the agent; what the test does not say of it is as `makeAgentEntry` has it. */
type KnownEntry = Omit<Candidate, 'missing' | 'found'> & {
  readonly selectors: readonly Selector[];
} & Partial<Omit<AgentEntry, 'id'>>;

interface Subscriber {
  readonly selectors: readonly Selector[];
  readonly onUpdate: (update: WorkloadUpdate) => void;
}

export class FakeWorkloadIdentities implements WorkloadIdentities {
  readonly #subscribers = new Set<Subscriber>();
  /** Given to every subscriber; undefined = never synchronised. */
  #update: WorkloadUpdate | undefined;
  entries: readonly KnownEntry[] = [];
  sync: SyncState = { entriesKnown: 0, lastSyncAt: undefined, lastSyncError: undefined };

  /** What each open subscription was made with. */
  get subscribed(): readonly (readonly string[])[] {
    return [...this.#subscribers].map(({ selectors }) => selectors.map(selectorKey));
  }

  push(update: WorkloadUpdate): void {
    this.#update = update;
    for (const { onUpdate } of this.#subscribers) onUpdate(update);
  }

  subscribe(
    selectors: readonly Selector[],
    onUpdate: (update: WorkloadUpdate) => void,
    wants: Wants = 'svids',
  ): Subscription {
    this.#checkSynchronised();
    const tell = (update: WorkloadUpdate): void =>
      onUpdate(wants === 'svids' ? update : { ...update, identities: [] });
    const subscriber = { selectors, onUpdate: tell };
    this.#subscribers.add(subscriber);
    if (this.#update !== undefined) tell(this.#update);
    return { close: () => void this.#subscribers.delete(subscriber) };
  }

  #checkSynchronised(): void {
    if (this.#update === undefined) throw unavailable('not synchronised with a server yet');
  }

  entriesOf(selectors: readonly Selector[]): readonly AgentEntry[] {
    this.#checkSynchronised();
    const keys = selectorKeys(selectors);
    return this.entries
      .filter((entry) => isSubset(entry.selectors, keys))
      .map(({ entryId, hasSvid: _, ...entry }) => ({
        ...makeAgentEntry({ id: entryId }),
        ...entry,
      }));
  }

  bundlesOf(): WorkloadBundles {
    if (this.#update === undefined) throw unavailable('not synchronised with a server yet');
    const { bundle, federatedBundles } = this.#update;
    return { bundle, federatedBundles };
  }

  matches(selectors: readonly Selector[]): Matches {
    const found = this.candidates(selectors, Number.POSITIVE_INFINITY).filter(
      ({ missing }) => missing.length === 0,
    );
    return { matching: found.length, withoutSvid: found.filter(({ hasSvid }) => !hasSvid).length };
  }

  candidates(selectors: readonly Selector[], limit: number): readonly Candidate[] {
    const keys = selectorKeys(selectors);
    const lacks = (selector: Selector): boolean => !isSubset([selector], keys);
    return this.entries
      .map(({ selectors: wanted, ...entry }) => {
        const missing = wanted.filter(lacks);
        return { ...entry, missing, found: wanted.length - missing.length };
      })
      .sort((a, b) => a.missing.length - b.missing.length)
      .slice(0, limit);
  }

  syncState(): SyncState {
    return this.sync;
  }
}

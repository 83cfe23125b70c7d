/**
 * The X.509-SVIDs of the entries that this agent is authorized for, and who waits for them. Filled by sync and
 * sync/renew-svids; asked by workload-api and explain.
 */
import type { Clock } from '../../shared/clock.ts';
import { unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type Selector, selectorKey, selectorKeys } from '../../shared/selectors.ts';
import { type AgentEntry, byAge } from './agent-entry.ts';
import type { BundleCache } from './bundle-cache.ts';
import { HeldEntry, type HeldSvid } from './held-entry.ts';
import type { EntryWithSvid } from './kept-entry.ts';
import { makeUpdate } from './make-update.ts';
import { SelectorIndex } from './selector-index.ts';
import { type Subscriber, Subscribers } from './subscribers.ts';
import type {
  Candidate,
  Matches,
  Subscription,
  SyncState,
  WorkloadIdentities,
  WorkloadUpdate,
} from './workload-identities.ts';

export interface SvidCacheParts {
  readonly bundles: BundleCache;
  /** SVIDs of entries that no workload asks for are made up to this many in all. */
  readonly maxSvids: number;
  /** A workload asks for an SVID that is not there: whoever signs should look. */
  readonly onWanted: () => void;
  /** Entries, SVIDs or bundles are others than before. */
  readonly onChanged?: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_FIRST_MS = 5_000; // as the checks for renewal
const RETRY_MAX_MS = 240_000; // SPIRE: 4 minutes between attempts at an SVID

export class SvidCache implements WorkloadIdentities {
  readonly #parts: SvidCacheParts;
  readonly #subscribers: Subscribers;
  readonly #entries = new Map<string, HeldEntry>();
  readonly #index = new SelectorIndex<HeldEntry>();
  #toldBundle: object | undefined;
  #sync: SyncState = { entriesKnown: 0, lastSyncAt: undefined, lastSyncError: undefined };

  constructor(parts: SvidCacheParts) {
    this.#parts = parts;
    this.#subscribers = new Subscribers((subscriber) => this.#updateFor(subscriber), parts.log);
  }

  subscribe(selectors: readonly Selector[], onUpdate: (update: WorkloadUpdate) => void): Subscription {
    const { lastSyncAt, lastSyncError, keptAt } = this.#sync;
    if (lastSyncAt === undefined && keptAt === undefined) {
      const why = lastSyncError === undefined ? '' : `: ${lastSyncError}`;
      throw unavailable(`agent has not synchronised with its server yet${why}`);
    }
    if (this.#index.match(selectorKeys(selectors)).some((held) => held.isOutdated)) this.#parts.onWanted();
    return this.#subscribers.add(selectors, onUpdate);
  }

  matches(selectors: readonly Selector[]): Matches {
    const found = this.#index.match(selectorKeys(selectors));
    return { matching: found.length, withoutSvid: found.filter(({ svid }) => svid === undefined).length };
  }

  candidates(selectors: readonly Selector[], limit: number): readonly Candidate[] {
    const keys = selectorKeys(selectors);
    return [...this.#entries.values()]
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

  syncState(): SyncState {
    return this.#sync;
  }

  syncSucceeded(at: Date): void {
    if (this.#sync.lastSyncAt === undefined) this.#parts.onChanged?.();
    this.#sync = { entriesKnown: this.#entries.size, lastSyncAt: at, lastSyncError: undefined };
  }

  syncFailed(message: string): void {
    this.#sync = { ...this.#sync, lastSyncError: message };
  }

  /** Everything that is held, as it is now. */
  snapshot(): readonly EntryWithSvid[] {
    return [...this.#entries.values()].map(({ entry, svid, isWithdrawn }) => ({
      entry,
      svid: isWithdrawn ? undefined : svid,
    }));
  }

  /** What an earlier run held, served until the first synchronisation; bundles are there already. */
  restore(kept: readonly EntryWithSvid[], keptAt: Date): void {
    this.apply(kept.map(({ entry }) => entry));
    this.putSvids(kept.flatMap(({ svid }) => svid ?? []));
    this.#sync = { ...this.#sync, entriesKnown: this.#entries.size, keptAt };
  }

  /** Takes back what `restore` gave: the server does not honour the agent that held it. */
  forget(): void {
    this.apply([]);
    const { keptAt: _, ...sync } = this.#sync;
    this.#sync = { ...sync, entriesKnown: 0 };
  }

  /** These are all the entries now; bundles are up to date already. Entries that go to SVID stores are passed over. */
  apply(entries: readonly AgentEntry[]): void {
    const served = new Map(entries.filter((entry) => !entry.storeSvid).map((entry) => [entry.id, entry]));
    for (const [id, held] of this.#entries) if (!served.has(id)) this.#drop(held);
    for (const entry of served.values()) this.#put(entry);
    this.#bundlesMayHaveChanged();
  }

  #put(entry: AgentEntry): void {
    const known = this.#entries.get(entry.id);
    if (known?.entry === entry) return;
    const held = known ?? new HeldEntry(entry);
    if (known !== undefined) {
      this.#index.remove(known);
      this.#subscribers.touch(known.entry.selectors);
      known.retryAtMs = undefined;
    }
    held.entry = entry;
    this.#parts.onChanged?.();
    this.#entries.set(entry.id, held);
    this.#index.add(held, entry.selectors);
    this.#subscribers.touch(entry.selectors);
  }

  #drop(held: HeldEntry): void {
    this.#parts.onChanged?.();
    this.#entries.delete(held.entry.id);
    this.#index.remove(held);
    this.#subscribers.touch(held.entry.selectors);
  }

  /** Bundles go to every workload; federated ones change seldom enough to look at all of them too. */
  #bundlesMayHaveChanged(): void {
    const { state } = this.#parts.bundles;
    if (state === this.#toldBundle) return;
    this.#toldBundle = state;
    this.#parts.onChanged?.();
    this.#subscribers.touchAll();
  }

  /**
   * Entries whose SVID should be made now: those that have none or an outdated one, and those due by `isDue`; asked for
   * by a workload, or among the first `maxSvids`.
   */
  wanted(isDue: (svid: HeldSvid) => boolean): readonly AgentEntry[] {
    const nowMs = this.#parts.clock.monotonicMs();
    return this.#kept()
      .filter(({ retryAtMs }) => retryAtMs === undefined || retryAtMs <= nowMs)
      .filter((held) => held.isOutdated || (held.svid !== undefined && isDue(held.svid)))
      .map(({ entry }) => entry);
  }

  /** Entries that should have an SVID: those in use first, then those that have one, then the oldest. */
  #kept(): readonly HeldEntry[] {
    const all = [...this.#entries.values()];
    const { maxSvids } = this.#parts;
    const isUsed = (held: HeldEntry): boolean => this.#subscribers.having(held.entry.selectors).length > 0;
    const mayPrefetch = ({ entry, svid }: HeldEntry): boolean =>
      svid !== undefined || !entry.disableX509SvidPrefetch;
    if (all.length <= maxSvids) return all.filter((held) => mayPrefetch(held) || isUsed(held));
    const used = all.filter(isUsed);
    const others = all.filter((held) => mayPrefetch(held) && !isUsed(held));
    others.sort(
      (a, b) => Number(b.svid !== undefined) - Number(a.svid !== undefined) || byAge(a.entry, b.entry),
    );
    return [...used, ...others.slice(0, Math.max(0, maxSvids - used.length))];
  }

  /** New SVIDs take the place of the old; those of entries that are gone are dropped. */
  putSvids(svids: readonly HeldSvid[]): void {
    if (svids.length > 0) this.#parts.onChanged?.();
    for (const svid of svids) {
      const held = this.#entries.get(svid.entry.id);
      if (held === undefined) continue;
      held.setSvid(svid);
      this.#subscribers.touch(held.entry.selectors);
    }
  }

  /** The server refused these, or answered nonsense: what was there stays, and each is tried again later. */
  svidsFailed(entries: readonly AgentEntry[]): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const entry of entries) {
      const held = this.#entries.get(entry.id);
      if (held?.entry !== entry) continue; // the entry has changed since: that may be why
      held.retryAtMs = nowMs + Math.min(RETRY_FIRST_MS * 2 ** held.failures, RETRY_MAX_MS);
      held.failures += 1;
    }
    this.svidsPostponed(entries);
  }

  /**
   * The server could not be asked: workloads wait for these no longer, they get what else there is.
   *
   * DIVERGES: in SPIRE a new stream waits until every matching entry has an SVID, so that one that cannot be had keeps a
   * workload from all of them.
   */
  svidsPostponed(entries: readonly AgentEntry[]): void {
    for (const entry of entries) {
      const held = this.#entries.get(entry.id);
      if (held?.entry !== entry || held.wasTried) continue;
      held.wasTried = true;
      this.#subscribers.touch(held.entry.selectors);
    }
  }

  /**
   * Takes back SVIDs whose time is over; the ids of their entries. They stay here until others take their place: after a
   * clock that ran ahead is set right they are given again.
   */
  withdrawExpired(): readonly string[] {
    const now = this.#parts.clock.now();
    const changed = [...this.#entries.values()].filter(
      ({ svid, isWithdrawn }) => svid !== undefined && svid.expiresAt <= now !== isWithdrawn,
    );
    if (changed.length > 0) this.#parts.onChanged?.();
    for (const held of changed) {
      held.setWithdrawn(!held.isWithdrawn);
      this.#subscribers.touch(held.entry.selectors);
    }
    const expired = changed.filter(({ isWithdrawn }) => isWithdrawn);
    const again = changed.length - expired.length;
    if (again > 0)
      this.#parts.log.info('SVIDs are valid again by a clock that was set back', { count: again });
    return expired.map(({ entry }) => entry.id);
  }

  /** When the next SVID expires; undefined when none is held. */
  get nextExpiry(): Date | undefined {
    let next: Date | undefined;
    for (const { svid, isWithdrawn } of this.#entries.values()) {
      if (svid === undefined || isWithdrawn) continue;
      if (next === undefined || svid.expiresAt < next) next = svid.expiresAt;
    }
    return next;
  }

  #updateFor({ keys, told }: Subscriber): WorkloadUpdate | undefined {
    return makeUpdate(this.#index.match(keys), this.#parts.bundles, told);
  }
}

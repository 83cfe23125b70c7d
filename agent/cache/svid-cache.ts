/**
 * What this agent knows for its workloads: every entry that it is authorized for, SVIDs of one kind for as many of them as
 * there is room for, and who waits for them. Filled by sync and sync/renew-svids; asked by the doors and explain.
 *
 * SVIDs are bounded, entries and bundles are not (SPIRE: x509_svid_cache_max_size, a soft limit). An entry that streams
 * match has an SVID whatever the bound. Beyond it others give theirs up, least recently used first, once the server has
 * shown that it can give another one: while it is away, nothing is given up.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type Selector, selectorKeys } from '../../shared/selectors.ts';
import type { Validity } from '../renewal-time.ts';
import { type AgentEntry, byAge } from './agent-entry.ts';
import type { BundleCache } from './bundle-cache.ts';
import { CachedSvids } from './cached-svids.ts';
import { countMatches, entriesByAge } from './matching-entries.ts';
import { HeldEntries } from './held-entries.ts';
import { HeldEntry } from './held-entry.ts';
import type { EntryWithSvid } from './kept-entry.ts';
import { bundlesOf, makeUpdate } from './make-update.ts';
import { Resigning } from './resigning.ts';
import { type Subscriber, Subscribers } from './subscribers.ts';
import type { AnySvid, SvidKind } from './svid-kind.ts';
import { SyncRecord } from './sync-record.ts';
import { WantedSvids } from './wanted-svids.ts';
import { Withdrawal } from './withdrawal.ts';
import type { HeldSvid } from './x509-kind.ts';
import type {
  Candidate,
  Identity,
  Matches,
  Subscription,
  SyncState,
  Wants,
  WorkloadBundles,
  WorkloadIdentities,
  WorkloadUpdate,
} from './workload-identities.ts';

export interface SvidCacheParts<S extends AnySvid, I> {
  readonly kind: SvidKind<S, I>;
  readonly bundles: BundleCache;
  /** SVIDs that are held; more only while they are in use. */
  readonly maxSvids: number;
  /** When an SVID is to be renewed. */
  readonly renewalTime: (validity: Validity) => Date;
  /** A workload asks for an SVID that is not there: whoever signs should look. */
  readonly onWanted: () => void;
  /** Entries, SVIDs or bundles are others than before. */
  readonly onChanged?: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export class SvidCache<S extends AnySvid = HeldSvid, I = Identity> implements WorkloadIdentities<I> {
  readonly #parts: SvidCacheParts<S, I>;
  readonly #subscribers: Subscribers<I>;
  readonly #entries = new HeldEntries<S, I>();
  readonly #svids = new CachedSvids<S, I>();
  readonly #wanted: WantedSvids<S, I>;
  readonly #resigning: Resigning<S, I>;
  readonly #withdrawal: Withdrawal<S, I>;
  /** The last attempt at SVIDs failed because the server could not be asked: nobody waits for one. */
  #isServerAway = false;
  #toldBundle: object | undefined;
  readonly #sync = new SyncRecord();

  constructor(parts: SvidCacheParts<S, I>) {
    this.#parts = parts;
    const { bundles, clock, log } = parts;
    this.#wanted = new WantedSvids(clock);
    this.#resigning = new Resigning(parts);
    this.#withdrawal = new Withdrawal({
      svids: this.#svids,
      onStale: (held) => this.#file(held),
      onChanged: (held) => this.#changed(held),
      clock,
      log,
    });
    this.#subscribers = new Subscribers(
      ({ keys, told, wants }) =>
        makeUpdate(this.#entries.match(keys), { bundles, told, wants, isServerAway: this.#isServerAway }),
      parts.log,
    );
  }

  subscribe(
    selectors: readonly Selector[],
    onUpdate: (update: WorkloadUpdate<I>) => void,
    wants: Wants = 'svids',
  ): Subscription {
    this.#sync.check();
    const subscriber = this.#subscribers.add({ keys: selectorKeys(selectors), wants, onUpdate });
    if (this.#countUser(subscriber, 1)) this.#parts.onWanted();
    const close = (): void => {
      if (this.#subscribers.remove(subscriber)) this.#countUser(subscriber, -1);
    };
    return { close };
  }

  /** Whether it waits for an SVID. */
  #countUser({ keys, wants }: Subscriber<I>, by: 1 | -1): boolean {
    if (wants === 'bundles') return false;
    const matching = this.#entries.match(keys);
    for (const held of matching) held.users += by;
    return matching.map((held) => this.#file(held)).includes(true);
  }

  /** Puts it where its SVID and its users say. Whether a stream is without an SVID of it. */
  #file(held: HeldEntry<S, I>): boolean {
    this.#svids.file(held);
    return this.#wanted.file(held);
  }

  entriesOf(selectors: readonly Selector[]): readonly AgentEntry[] {
    this.#sync.check();
    return entriesByAge(this.#entries.match(selectorKeys(selectors)));
  }

  bundlesOf(selectors: readonly Selector[]): WorkloadBundles {
    return bundlesOf(this.entriesOf(selectors), this.#parts.bundles);
  }

  findEntry(id: string): AgentEntry | undefined {
    return this.#entries.find(id)?.entry;
  }

  matches(selectors: readonly Selector[]): Matches {
    return countMatches(this.#entries.match(selectorKeys(selectors)));
  }

  candidates(selectors: readonly Selector[], limit: number): readonly Candidate[] {
    return this.#entries.closest(selectors, limit);
  }

  syncState(): SyncState {
    return this.#sync.state;
  }

  syncSucceeded(at: Date): void {
    if (this.#sync.succeeded(at, this.#entries.size)) this.#parts.onChanged?.();
    this.#evictSurplus();
  }

  syncFailed(message: string): void {
    this.#sync.failed(message);
  }

  /** SVIDs that are held. */
  get svidCount(): number {
    return this.#svids.size;
  }

  /** Everything that is held, as it is now; what would be evicted first comes first. */
  snapshot(): readonly EntryWithSvid<S>[] {
    const without = this.#entries.all().filter(({ svid }) => svid === undefined);
    return [...this.#svids.inOrder(), ...without].map(({ kept }) => kept);
  }

  /** What an earlier run held, served until the first synchronisation; bundles are there already. */
  restore(kept: readonly EntryWithSvid<S>[], keptAt: Date): void {
    this.apply(kept.map(({ entry }) => entry));
    for (const { svid } of kept) if (svid !== undefined) this.#putSvid(svid);
    this.#sync.restored(keptAt, this.#entries.size);
  }

  /** Takes back what `restore` gave: the server does not honour the agent that held it. */
  forget(): void {
    this.apply([]);
    this.#sync.forgotten();
  }

  /** These are all the entries now; bundles are up to date already. Entries that go to SVID stores are passed over. */
  apply(entries: readonly AgentEntry[]): void {
    const served = entries.filter(({ storeSvid }) => !storeSvid);
    const changed = served.filter((entry) => this.#entries.find(entry.id)?.entry !== entry);
    const same = served.length - changed.length;
    if (same < this.#entries.size) {
      const ids = new Set(served.map(({ id }) => id));
      for (const held of this.#entries.all()) if (!ids.has(held.entry.id)) this.#drop(held);
    }
    for (const entry of changed.sort(byAge)) this.#put(entry);
    this.#bundlesMayHaveChanged();
  }

  #put(entry: AgentEntry): void {
    const known = this.#entries.find(entry.id);
    const held = known ?? new HeldEntry(entry, this.#parts.kind);
    if (known !== undefined) {
      this.#subscribers.touch(known.entry.selectors);
      known.retryAtMs = undefined;
    }
    this.#parts.onChanged?.();
    this.#entries.put(held, entry);
    held.users = this.#subscribers.touch(entry.selectors);
    this.#file(held);
  }

  #drop(held: HeldEntry<S, I>): void {
    this.#parts.onChanged?.();
    this.#entries.drop(held);
    this.#svids.drop(held);
    this.#wanted.drop(held);
    this.#subscribers.touch(held.entry.selectors);
  }

  /** Bundles go to every workload; federated ones change seldom enough to look at all of them too. */
  #bundlesMayHaveChanged(): void {
    const { bundles, onChanged } = this.#parts;
    if (bundles.state === this.#toldBundle) return;
    this.#toldBundle = bundles.state;
    for (const due of this.#resigning.bundleChanged(bundles.own, this.#svids.inOrder())) this.#file(due);
    onChanged?.();
    this.#subscribers.touchAll();
  }

  /**
   * The next entries, at most `limit`, whose SVID should be made now: those that streams wait for; those whose SVID is
   * outdated or due for renewal; and while there is room, the oldest of those that nobody has asked for yet. Each is named
   * until its SVID is there, or has failed.
   */
  wanted(limit: number): readonly AgentEntry[] {
    this.#withdrawal.heedClock();
    const room = this.#parts.maxSvids - this.#svids.size;
    return this.#wanted.next(limit, room).map(({ entry }) => entry);
  }

  /** New SVIDs take the place of the old; those of entries that are gone are dropped. */
  putSvids(svids: readonly S[]): void {
    this.#isServerAway = false;
    for (const svid of svids) this.#putSvid(svid);
    this.#evictSurplus();
  }

  #putSvid(svid: S): void {
    const held = this.#entries.find(svid.entry.id);
    if (held === undefined) return;
    const { renewalTime, clock } = this.#parts;
    held.setSvid(svid, renewalTime(svid), clock.now());
    this.#resigning.newSvid(held);
    this.#changed(held);
  }

  #evictSurplus(): void {
    const surplus = this.#svids.surplus(this.#parts.maxSvids);
    for (const held of surplus) {
      held.evict();
      this.#file(held);
    }
    if (surplus.length > 0) this.#parts.onChanged?.();
  }

  /** The server refused these, or answered nonsense: what was there stays, and each is tried again later. */
  svidsFailed(entries: readonly AgentEntry[]): void {
    for (const entry of entries) {
      const held = this.#entries.find(entry.id);
      if (held?.entry !== entry) continue; // the entry has changed since: that may be why
      held.putOff(this.#parts.clock.monotonicMs());
      this.#file(held);
      this.#waitNoLonger(held);
    }
  }

  /**
   * The server could not be asked: workloads wait for SVIDs no longer, they get what else there is.
   *
   * DIVERGES: in SPIRE a new stream waits until every matching entry has an SVID, so that one that cannot be had keeps a
   * workload from all of them.
   */
  svidsPostponed(): void {
    this.#isServerAway = true;
    for (const held of this.#wanted.urgent) this.#waitNoLonger(held);
  }

  #waitNoLonger(held: HeldEntry<S, I>): void {
    if (held.wasTried) return;
    held.wasTried = true;
    this.#subscribers.touch(held.entry.selectors);
  }

  /**
   * Takes back SVIDs whose time is over; the ids of their entries. They stay here until others take their place: after a
   * clock that ran ahead is set right they are given again.
   */
  withdrawExpired(): readonly string[] {
    return this.#withdrawal.withdrawExpired().map(({ entry }) => entry.id);
  }

  /** What workloads get of it is another now. */
  #changed(held: HeldEntry<S, I>): void {
    this.#file(held);
    this.#subscribers.touch(held.entry.selectors);
    this.#parts.onChanged?.();
  }

  /** When the next SVID expires; undefined when none is held. */
  get nextExpiry(): Date | undefined {
    return this.#svids.nextExpiry;
  }
}

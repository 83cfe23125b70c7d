/**
 * The index in memory that says which entries an agent is authorized for, and tells watchers when that
 * changes. Filled by a refresher; read by the entry and SVID RPCs, the gate and Sync/Watch.
 */
import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Selector } from '../../shared/selectors.ts';
import { selectorKeys } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Change, Position } from './change-feed.ts';
import type { Entry } from './entry.ts';
import type { Agent, Touched } from './entry-graph.ts';
import { EntryGraph } from './entry-graph.ts';
import type { Loading, Replica } from './replica.ts';
import type { OnChanged } from './watchers.ts';
import { Watcher, Watchers } from './watchers.ts';

export interface EntryWatch {
  /** Number of the last change to the agent's entries, or a later one (never more than the index's position). */
  readonly changedAt: number;
  close(): void;
}

export interface AuthorizedEntriesParts {
  readonly trustDomain: TrustDomain;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Entries returned are shared, and read field by field: they are never changed in place, and cannot be spread. Only
 * `find` gives a copy.
 *
 * DIVERGES: in SPIRE an entry counts until it is pruned, which is up to five minutes after its end. Here it counts as
 * absent from its `expiresAt` on, as a parent and an alias too; watchers hear of it when it is pruned.
 */
export class AuthorizedEntries implements Replica<Entry> {
  readonly #trustDomain: TrustDomain;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #watchers = new Watchers();
  #graph: EntryGraph;
  #position: Position | undefined;

  constructor(parts: AuthorizedEntriesParts) {
    this.#trustDomain = parts.trustDomain;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#graph = new EntryGraph(parts.trustDomain);
  }

  get position(): Position | undefined {
    return this.#position;
  }

  get size(): number {
    return this.#graph.size;
  }

  /** In no order. Node aliases themselves are not among them (SPIRE: authorized set). */
  entriesOf(agent: Agent): readonly Entry[] {
    return this.#graph.below(agent, this.#nowMs()).entries;
  }

  /** The entry, if the agent is authorized for it. */
  isAuthorized(agent: Agent, entryId: string): Entry | undefined {
    return this.#graph.findBelow(agent, entryId, this.#nowMs());
  }

  find(entryId: string): Entry | undefined {
    return this.#graph.find(entryId, this.#nowMs());
  }

  /** The entry whether it has expired or not. */
  findAny(entryId: string): Entry | undefined {
    return this.#graph.find(entryId, Number.NEGATIVE_INFINITY);
  }

  /** The entries that give this SPIFFE ID: for the admin and downstream flags. */
  entriesBearing(id: SpiffeId): readonly Entry[] {
    return this.#graph.bearing(id, this.#nowMs());
  }

  /** Calls back after each batch of changes that bears on the agent's entries, and after a reload. */
  watch(agent: Agent, onChanged: OnChanged): EntryWatch {
    const watcher = new Watcher(agent, onChanged, this.#graph.below(agent, this.#nowMs()).changedAt);
    this.#watchers.add(watcher);
    return {
      get changedAt() {
        return watcher.changedAt;
      },
      close: () => this.#watchers.remove(watcher),
    };
  }

  /** A node's selectors changed: its watchers follow, and are told (with the index's position: entries did not change). */
  setAgentSelectors(id: SpiffeId, selectors: readonly Selector[]): void {
    const told = this.#watchers.of(id);
    for (const watcher of told) {
      this.#watchers.remove(watcher);
      watcher.selectorKeys = selectorKeys(selectors);
      this.#watchers.add(watcher);
    }
    this.#tell(told);
  }

  load(): Loading<Entry> {
    const graph = new EntryGraph(this.#trustDomain);
    return {
      add: (entries) => {
        for (const entry of entries) graph.put(entry);
      },
      install: (position) => {
        graph.loadedAt(position.n);
        this.#graph = graph;
        this.#position = position;
        this.#tell(this.#watchers.all());
      },
    };
  }

  apply(changes: readonly Change<Entry>[], position: Position): void {
    const touched: Touched = { n: position.n, places: new Set(), aliases: [] };
    for (const change of changes) {
      if (change.kind === 'put') this.#graph.put(change.item, touched);
      else this.#graph.delete(change.id, touched);
    }
    this.#position = position;
    if (this.#watchers.size > 0) this.#tell(this.#watchers.below(this.#graph.above(touched)));
  }

  #tell(watchers: Iterable<Watcher>): void {
    if (this.#position === undefined) return;
    const { n, epoch } = this.#position;
    for (const watcher of watchers) {
      watcher.changedAt = n;
      try {
        watcher.onChanged(n, epoch);
      } catch (error) {
        this.#log.error('entry watcher failed', { agent: watcher.id.toString(), error: messageOf(error) });
      }
    }
  }

  #nowMs(): number {
    return this.#clock.now().getTime();
  }
}

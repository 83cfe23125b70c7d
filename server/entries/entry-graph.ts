/**
 * Entries as a graph: each hangs below its parent's ID and bears its own. Answers what hangs below an agent (its own
 * ID and those of the node aliases that it satisfies), and what is above a place that changed. A change costs what it
 * touches, an answer what it holds, whatever the total. Used by authorized-entries.
 */
import type { Selector } from '../../shared/selectors.ts';
import { serverId } from '../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { AliasIndex } from './alias-index.ts';
import type { Entry } from './entry.ts';
import { compactId, EntryInterner } from './intern-entry.ts';
import { IndexedEntry, Place } from './place.ts';
import { Tombstones } from './tombstones.ts';

/** An agent as the index sees it; a Node is one. */
export interface Agent {
  readonly id: SpiffeId;
  readonly selectors: readonly Selector[];
}

/** What a batch of changes touched; `n` is the number they count as. */
export interface Touched {
  readonly n: number;
  readonly places: Set<Place>;
  /** The selectors of changed aliases, before and after. */
  readonly aliases: (readonly Selector[])[];
}

/** The roots above changed places: agents by ID, aliases by selectors. */
export interface Roots {
  readonly ids: readonly SpiffeId[];
  readonly aliases: readonly (readonly Selector[])[];
}

export class EntryGraph {
  readonly #trustDomain: TrustDomain;
  readonly #serverPath: string;
  readonly #interner = new EntryInterner();
  readonly #byEntryId = new Map<string, IndexedEntry>();
  /** By path: all are of the one trust domain. */
  readonly #places = new Map<string, Place>();
  readonly #emptied = new Tombstones<Place>((place) => this.#places.delete(place.id.path));
  readonly #aliases = new AliasIndex<IndexedEntry>();

  constructor(trustDomain: TrustDomain) {
    this.#trustDomain = trustDomain;
    this.#serverPath = serverId(trustDomain).path;
  }

  get size(): number {
    return this.#byEntryId.size;
  }

  /** Everything counts as changed at `n` at the latest: what a snapshot was taken at. */
  loadedAt(n: number): void {
    this.#emptied.raiseFloor(n);
  }

  /** A copy. */
  find(entryId: string, nowMs: number): Entry | undefined {
    const entry = this.#byEntryId.get(entryId);
    return entry?.isExpired(nowMs) === false ? entry.plain() : undefined;
  }

  /** Adds or replaces; an entry with an ID outside the trust domain, or with the server's, is as good as none. */
  put(entry: Entry, touched?: Touched): void {
    const before = this.#byEntryId.get(entry.id);
    if (before !== undefined) this.#unlink(before, touched);
    if (!this.#isWithin(entry)) {
      this.#byEntryId.delete(entry.id);
      return;
    }
    const own = this.#place(entry.spiffeId);
    const parent = this.#place(entry.parentId);
    const { revisionNumber, createdAt } = entry;
    const selectors = this.#interner.selectors(entry.selectors);
    const terms = this.#interner.terms(entry);
    const id = before?.id ?? entry.id; // one text with the key in the map, which stays
    const made = new IndexedEntry({ id, own, parent, selectors, terms, revisionNumber, createdAt });
    this.#byEntryId.set(id, made);
    made.link();
    this.#emptied.revive(own);
    this.#emptied.revive(parent);
    this.#touch(made, touched);
    if (this.#isAlias(made)) this.#aliases.put(id, { selectors, target: made, changedAt: touched?.n ?? 0 });
  }

  delete(entryId: string, touched?: Touched): void {
    const entry = this.#byEntryId.get(entryId);
    if (entry === undefined) return;
    this.#byEntryId.delete(entryId);
    this.#unlink(entry, touched);
  }

  /** The agent's entries in no order, and the last change that bears on them. */
  below(agent: Agent, nowMs: number): { entries: readonly Entry[]; changedAt: number } {
    const entries: Entry[] = [];
    const { places, changedAt: startChangedAt } = this.#start(agent, nowMs);
    let changedAt = startChangedAt;
    // A set yields what is added to it on the way, too, and each once.
    for (const place of places) {
      changedAt = Math.max(changedAt, place.changedAt);
      place.gather(nowMs, entries, places);
    }
    return { entries, changedAt };
  }

  /** The entry if it hangs below the agent; one that hangs directly below a root costs no walk. */
  findBelow(agent: Agent, entryId: string, nowMs: number): Entry | undefined {
    const entry = this.#byEntryId.get(entryId);
    if (entry === undefined || entry.isExpired(nowMs)) return undefined;
    if (this.#start(agent, nowMs).places.has(entry.parent)) return entry;
    return this.below(agent, nowMs).entries.find((one) => one === entry);
  }

  /** The entries that give this ID, aliases included. */
  bearing(id: SpiffeId, nowMs: number): readonly Entry[] {
    const entries: Entry[] = [];
    const place = id.isMemberOf(this.#trustDomain) ? this.#places.get(id.path) : undefined;
    for (let bearer = place?.firstBearer; bearer !== undefined; bearer = bearer.nextBearer) {
      if (!bearer.isExpired(nowMs)) entries.push(bearer);
    }
    return entries;
  }

  /** Every agent whose entries may have changed is at one of these roots, or satisfies one of these aliases. */
  above(touched: Touched): Roots {
    const aliases = [...touched.aliases];
    const ids: SpiffeId[] = [];
    const places = new Set(touched.places);
    for (const place of places) {
      ids.push(place.id);
      for (let bearer = place.firstBearer; bearer !== undefined; bearer = bearer.nextBearer) {
        if (this.#isAlias(bearer)) aliases.push(bearer.selectors);
        else places.add(bearer.parent);
      }
    }
    return { ids, aliases };
  }

  /** The places where the agent's entries begin. */
  #start(agent: Agent, nowMs: number): { places: Set<Place>; changedAt: number } {
    const places = new Set<Place>();
    const own = agent.id.isMemberOf(this.#trustDomain) ? this.#places.get(agent.id.path) : undefined;
    if (own !== undefined && own.id.path !== this.#serverPath) places.add(own);
    const aliasesChangedAt = this.#aliases.match(agent.selectors, (alias) => {
      if (!alias.isExpired(nowMs)) places.add(alias.own);
    });
    return { places, changedAt: Math.max(this.#emptied.floor, aliasesChangedAt) };
  }

  #isWithin({ spiffeId, parentId }: Entry): boolean {
    return (
      spiffeId.isMemberOf(this.#trustDomain) &&
      parentId.isMemberOf(this.#trustDomain) &&
      spiffeId.path !== this.#serverPath
    );
  }

  #isAlias({ parent }: IndexedEntry): boolean {
    return parent.id.path === this.#serverPath;
  }

  #unlink(entry: IndexedEntry, touched: Touched | undefined): void {
    const { id, own, parent } = entry;
    entry.unlink();
    this.#touch(entry, touched);
    this.#aliases.delete(id, touched?.n ?? 0);
    if (own.isEmpty) this.#emptied.add(own);
    if (parent !== own && parent.isEmpty) this.#emptied.add(parent);
  }

  #touch(entry: IndexedEntry, touched: Touched | undefined): void {
    if (touched === undefined) return;
    if (this.#isAlias(entry)) {
      touched.aliases.push(entry.selectors);
      return;
    }
    entry.parent.changedAt = touched.n;
    touched.places.add(entry.parent);
  }

  #place(id: SpiffeId): Place {
    const known = this.#places.get(id.path);
    if (known !== undefined) return known;
    const made = new Place(compactId(id));
    this.#places.set(made.id.path, made);
    return made;
  }
}

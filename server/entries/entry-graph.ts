/**
 * Entries as a graph: each hangs below its parent's ID and bears its own. Answers what hangs below an agent (its own
 * ID and those of the node aliases that it satisfies), and what is above a place that changed. Lists are linked
 * through the entries, a place is visited once a walk by the mark of its round: a change costs what it
 * touches, an answer what it holds. Used by authorized-entries.
 */
import type { Selector } from '../../shared/selectors.ts';
import { serverId } from '../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { AliasIndex } from './alias-index.ts';
import type { Entry } from './entry.ts';
import { compactId, EntryInterner } from './intern-entry.ts';
import { Hanging, Place } from './place.ts';
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

const isExpired = (entry: Entry, nowMs: number): boolean =>
  entry.expiresAt !== undefined && entry.expiresAt.getTime() <= nowMs;

export class EntryGraph {
  readonly #trustDomain: TrustDomain;
  readonly #serverPath: string;
  readonly #interner = new EntryInterner();
  readonly #byEntryId = new Map<string, Hanging>();
  /** By path: all are of the one trust domain. */
  readonly #places = new Map<string, Place>();
  readonly #emptied = new Tombstones<Place>((place) => this.#places.delete(place.id.path));
  readonly #aliases = new AliasIndex<Hanging>();
  #round = 0;

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

  find(entryId: string, nowMs: number): Entry | undefined {
    const entry = this.#byEntryId.get(entryId)?.entry;
    return entry === undefined || isExpired(entry, nowMs) ? undefined : entry;
  }

  /** Adds or replaces; an entry with an ID outside the trust domain, or with the server's, is as good as none. */
  put(entry: Entry, touched?: Touched): void {
    this.delete(entry.id, touched);
    if (!entry.spiffeId.isMemberOf(this.#trustDomain) || !entry.parentId.isMemberOf(this.#trustDomain))
      return;
    if (entry.spiffeId.path === this.#serverPath) return;
    const own = this.#place(entry.spiffeId);
    const parent = this.#place(entry.parentId);
    const hanging = new Hanging(
      this.#interner.intern(entry, { own: own.id, parent: parent.id }),
      own,
      parent,
    );
    this.#byEntryId.set(entry.id, hanging);
    hanging.link();
    this.#emptied.revive(own);
    this.#emptied.revive(parent);
    this.#touch(hanging, touched);
    if (parent.id.path === this.#serverPath) {
      this.#aliases.put(entry.id, {
        selectors: entry.selectors,
        target: hanging,
        changedAt: touched?.n ?? 0,
      });
    }
  }

  delete(entryId: string, touched?: Touched): void {
    const hanging = this.#byEntryId.get(entryId);
    if (hanging === undefined) return;
    this.#byEntryId.delete(entryId);
    hanging.unlink();
    this.#touch(hanging, touched);
    this.#aliases.delete(entryId, touched?.n ?? 0);
    if (hanging.own.isEmpty) this.#emptied.add(hanging.own);
    if (hanging.parent !== hanging.own && hanging.parent.isEmpty) this.#emptied.add(hanging.parent);
  }

  /** The agent's entries in no order, and the last change that bears on them. */
  below(agent: Agent, nowMs: number): { entries: readonly Entry[]; changedAt: number } {
    const entries: Entry[] = [];
    const start = this.#start(agent, nowMs);
    let changedAt = start.changedAt;
    for (let place = start.places.pop(); place !== undefined; place = start.places.pop()) {
      changedAt = Math.max(changedAt, place.changedAt);
      for (let child = place.firstChild; child !== undefined; child = child.nextChild) {
        if (isExpired(child.entry, nowMs)) continue;
        entries.push(child.entry);
        if (child.own.visit(this.#round)) start.places.push(child.own);
      }
    }
    return { entries, changedAt };
  }

  /** The entry if it hangs below the agent; one that hangs directly below a root costs no walk. */
  findBelow(agent: Agent, entryId: string, nowMs: number): Entry | undefined {
    const hanging = this.#byEntryId.get(entryId);
    if (hanging === undefined || isExpired(hanging.entry, nowMs)) return undefined;
    this.#start(agent, nowMs);
    if (hanging.parent.mark === this.#round) return hanging.entry;
    return this.below(agent, nowMs).entries.find((entry) => entry.id === entryId);
  }

  /** The entries that give this ID, aliases included. */
  bearing(id: SpiffeId, nowMs: number): readonly Entry[] {
    const entries: Entry[] = [];
    const place = id.isMemberOf(this.#trustDomain) ? this.#places.get(id.path) : undefined;
    for (let bearer = place?.firstBearer; bearer !== undefined; bearer = bearer.nextBearer) {
      if (!isExpired(bearer.entry, nowMs)) entries.push(bearer.entry);
    }
    return entries;
  }

  /** Every agent whose entries may have changed is at one of these roots, or satisfies one of these aliases. */
  above(touched: Touched): Roots {
    const round = ++this.#round;
    const aliases = [...touched.aliases];
    const ids: SpiffeId[] = [];
    const climbing = [...touched.places].filter((place) => place.visit(round));
    for (let place = climbing.pop(); place !== undefined; place = climbing.pop()) {
      ids.push(place.id);
      for (let bearer = place.firstBearer; bearer !== undefined; bearer = bearer.nextBearer) {
        if (bearer.parent.id.path === this.#serverPath) aliases.push(bearer.entry.selectors);
        else if (bearer.parent.visit(round)) climbing.push(bearer.parent);
      }
    }
    return { ids, aliases };
  }

  /** The places where the agent's entries begin, marked as visited in a new round. */
  #start(agent: Agent, nowMs: number): { places: Place[]; changedAt: number } {
    const round = ++this.#round;
    const places: Place[] = [];
    const own = agent.id.isMemberOf(this.#trustDomain) ? this.#places.get(agent.id.path) : undefined;
    if (own !== undefined && own.id.path !== this.#serverPath && own.visit(round)) places.push(own);
    const aliasesChangedAt = this.#aliases.match(agent.selectors, (alias) => {
      if (!isExpired(alias.entry, nowMs) && alias.own.visit(round)) places.push(alias.own);
    });
    return { places, changedAt: Math.max(this.#emptied.floor, aliasesChangedAt) };
  }

  #touch(hanging: Hanging, touched: Touched | undefined): void {
    if (touched === undefined) return;
    if (hanging.parent.id.path === this.#serverPath) {
      touched.aliases.push(hanging.entry.selectors);
      return;
    }
    hanging.parent.changedAt = touched.n;
    touched.places.add(hanging.parent);
  }

  #place(id: SpiffeId): Place {
    const known = this.#places.get(id.path);
    if (known !== undefined) return known;
    const made = new Place(compactId(id));
    this.#places.set(made.id.path, made);
    return made;
  }
}

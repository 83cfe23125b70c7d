/**
 * The parts of the entry graph: a SPIFFE ID as a place, and the entries that hang there. A place holds its entries side
 * by side, and knows the few that need a look, so that an answer copies a list and touches none of its entries: in an
 * index of a million each of them would be fetched from far memory. Used by entry-graph.
 */
import type { Selector } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Entry } from './entry.ts';
import type { Stamped } from './tombstones.ts';

/** What an entry has in common with many others, which then share it. */
export type EntryTerms = Omit<
  Entry,
  'id' | 'spiffeId' | 'parentId' | 'selectors' | 'revisionNumber' | 'createdAt'
>;

const NONE: IndexedEntry[] = [];
const NONE_ODD: ReadonlySet<IndexedEntry> = new Set();

/** A SPIFFE ID that entries bear or have as their parent. */
export class Place implements Stamped {
  readonly id: SpiffeId;
  /** Entries that give this ID. */
  firstBearer: IndexedEntry | undefined = undefined;
  /** Of its children. */
  changedAt = 0;
  #children = NONE;
  /** Children that expire, or whose own place has children or has had some: who asks when things changed asks there too. */
  #odd: Set<IndexedEntry> | undefined = undefined;

  constructor(id: SpiffeId) {
    this.id = id;
  }

  get isEmpty(): boolean {
    return this.#children.length === 0 && this.firstBearer === undefined;
  }

  /** Appends its children to `entries`, those apart that have expired, and adds the places to which they lead. */
  gather(nowMs: number, entries: Entry[], places: Set<Place>): void {
    let hidden: Set<IndexedEntry> | undefined;
    for (const child of this.#odd ?? NONE_ODD) {
      if (child.isExpired(nowMs)) hidden = (hidden ?? new Set()).add(child);
      else places.add(child.own);
    }
    for (const child of this.#children) if (hidden?.has(child) !== true) entries.push(child);
  }

  /** Its number in the list. Who gives this ID leads here from the first child on. */
  add(child: IndexedEntry): number {
    if (this.#children.length > 0) return this.#children.push(child) - 1;
    this.#children = [child]; // room for one: many places have no more
    for (let bearer = this.firstBearer; bearer !== undefined; bearer = bearer.nextBearer)
      bearer.parent.review(bearer);
    return 0;
  }

  /** The last one takes the place of the one that leaves. */
  remove(child: IndexedEntry): void {
    this.#odd?.delete(child);
    const last = this.#children.pop();
    if (last !== undefined && last !== child) {
      this.#children[child.childAt] = last;
      last.childAt = child.childAt;
    }
  }

  /** Whether the child needs a look when the list is copied. */
  review(child: IndexedEntry): void {
    const { own, expiresAt } = child;
    if (expiresAt !== undefined || own.#children.length > 0 || own.changedAt > 0)
      this.#odd = (this.#odd ?? new Set()).add(child);
  }
}

export interface IndexedEntryParts {
  readonly id: string;
  readonly own: Place;
  readonly parent: Place;
  readonly selectors: readonly Selector[];
  readonly terms: EntryTerms;
  readonly revisionNumber: number;
  readonly createdAt: Date;
}

/**
 * An entry in its two lists, that of its parent's children and that of its ID's bearers: one small object for all of it.
 * It is read field by field; who wants to spread it takes `plain`.
 */
export class IndexedEntry implements Entry {
  readonly id: string;
  readonly own: Place;
  readonly parent: Place;
  readonly selectors: readonly Selector[];
  readonly revisionNumber: number;
  readonly #terms: EntryTerms;
  readonly #createdAtMs: number; // a Date takes six times as much
  childAt = 0;
  nextBearer: IndexedEntry | undefined = undefined;
  previousBearer: IndexedEntry | undefined = undefined;

  constructor({ id, own, parent, selectors, terms, revisionNumber, createdAt }: IndexedEntryParts) {
    this.id = id;
    this.own = own;
    this.parent = parent;
    this.selectors = selectors;
    this.revisionNumber = revisionNumber;
    this.#terms = terms;
    this.#createdAtMs = createdAt.getTime();
  }

  get spiffeId(): SpiffeId {
    return this.own.id;
  }

  get parentId(): SpiffeId {
    return this.parent.id;
  }

  get createdAt(): Date {
    return new Date(this.#createdAtMs);
  }

  get x509SvidTtlSeconds(): number {
    return this.#terms.x509SvidTtlSeconds;
  }

  get jwtSvidTtlSeconds(): number {
    return this.#terms.jwtSvidTtlSeconds;
  }

  get federatesWith(): readonly TrustDomain[] {
    return this.#terms.federatesWith;
  }

  get admin(): boolean {
    return this.#terms.admin;
  }

  get downstream(): boolean {
    return this.#terms.downstream;
  }

  get storeSvid(): boolean {
    return this.#terms.storeSvid;
  }

  get expiresAt(): Date | undefined {
    return this.#terms.expiresAt;
  }

  get dnsNames(): readonly string[] {
    return this.#terms.dnsNames;
  }

  get hint(): string {
    return this.#terms.hint;
  }

  get disableX509SvidPrefetch(): boolean {
    return this.#terms.disableX509SvidPrefetch;
  }

  get jwtSvidIncludeJti(): boolean {
    return this.#terms.jwtSvidIncludeJti;
  }

  plain(): Entry {
    const { id, spiffeId, parentId, selectors, revisionNumber, createdAt } = this;
    return { id, spiffeId, parentId, selectors, ...this.#terms, revisionNumber, createdAt };
  }

  isExpired(nowMs: number): boolean {
    const { expiresAt } = this.#terms;
    return expiresAt !== undefined && expiresAt.getTime() <= nowMs;
  }

  /** Puts it into both lists. */
  link(): void {
    this.nextBearer = this.own.firstBearer;
    if (this.nextBearer !== undefined) this.nextBearer.previousBearer = this;
    this.own.firstBearer = this;
    this.childAt = this.parent.add(this);
    this.parent.review(this);
  }

  unlink(): void {
    if (this.previousBearer === undefined) this.own.firstBearer = this.nextBearer;
    else this.previousBearer.nextBearer = this.nextBearer;
    if (this.nextBearer !== undefined) this.nextBearer.previousBearer = this.previousBearer;
    this.parent.remove(this);
  }
}

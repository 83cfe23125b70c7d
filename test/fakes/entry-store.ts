/** Registration entries in memory, written through a fake change feed. */
import type { Entry, EntryFields, NewEntry } from '../../server/entries/entry.ts';
import type { EntryGuard, Surroundings } from '../../server/entries/entry-guard.ts';
import type {
  CreateOutcome,
  DeleteOutcome,
  Denied,
  EntryFilter,
  EntryStore,
  EntryUpdate,
  Page,
  PageRequest,
  Show,
  UpdateOutcome,
} from '../../server/entries/entry-store.ts';
import type { BundleStore } from '../../server/bundle/bundle-store.ts';
import type { Clock } from '../../shared/clock.ts';
import { invalidArgument } from '../../shared/errors.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { normalizeSelectors, selectorKey } from '../../shared/selectors.ts';
import { FakeChangeFeed } from './change-feed.ts';
import type { FakeRow } from './paging.ts';
import { FakeRandom } from './random.ts';
import { pageOf } from './paging.ts';
import { checkSet } from './set-match.ts';
import { passesFilter } from '../../server/entries/passes-filter.ts';

export interface FakeEntryStoreParts {
  readonly clock: Clock;
  readonly feed?: FakeChangeFeed<Entry>;
  /** Where the bundles are that entries federate with; without it every trust domain has one. */
  readonly bundles?: Pick<BundleStore, 'find'>;
}

export class FakeEntryStore implements EntryStore {
  readonly feed: FakeChangeFeed<Entry>;
  readonly #clock: Clock;
  readonly #bundles: FakeEntryStoreParts['bundles'];
  readonly #rowIds = new Map<string, number>();
  readonly #random = new FakeRandom();
  #lastRowId = 0;
  /** Every call fails with this while it is set. */
  failure: Error | undefined;

  constructor({ clock, feed = new FakeChangeFeed(), bundles }: FakeEntryStoreParts) {
    this.#clock = clock;
    this.feed = feed;
    this.#bundles = bundles;
  }

  /** Another one with the same entries. */
  copy(): FakeEntryStore {
    const bundles = this.#bundles;
    const copy = new FakeEntryStore({ clock: this.#clock, ...(bundles === undefined ? {} : { bundles }) });
    for (const [id, entry] of this.feed.items) copy.feed.put(id, entry);
    copy.failure = this.failure;
    return copy;
  }

  async create(entries: readonly NewEntry[], guard?: EntryGuard): Promise<readonly CreateOutcome[]> {
    await this.#reach();
    if (entries.some((entry) => JSON.stringify(entry).includes('\\u0000'))) {
      throw invalidArgument('text with a NUL cannot be stored');
    }
    const unknown = await this.#withoutBundle(entries);
    const denied = entries.map((entry) => this.denial(guard, entry));
    const outcomes = entries.map((entry, at) => denied[at] ?? this.#createOne(entry, unknown));
    this.feed.hint();
    return outcomes;
  }

  async update(updates: readonly EntryUpdate[], guard?: EntryGuard): Promise<readonly UpdateOutcome[]> {
    await this.#reach();
    const unknown = await this.#withoutBundle(updates.map(({ changes }) => changes));
    const outcomes = updates.map((update) => this.#updateOne(update, unknown, guard));
    this.feed.hint();
    return outcomes;
  }

  async delete(ids: readonly string[], guard?: EntryGuard): Promise<readonly DeleteOutcome[]> {
    await this.#reach();
    const denied = ids.map((id) => this.denial(guard, this.feed.items.get(id)));
    const deleted = ids.map(
      (id, at): DeleteOutcome => denied[at] ?? { kind: this.#deleteOne(id) ? 'deleted' : 'not-found' },
    );
    this.feed.hint();
    return deleted;
  }

  async find(id: string): Promise<Entry | undefined> {
    await this.#reach();
    return this.feed.items.get(id);
  }

  async list<Shown>(filter: EntryFilter, page: PageRequest, show: Show<Entry, Shown>): Promise<Page<Shown>> {
    await this.#reach();
    return pageOf(this.#rows(filter), page, show);
  }

  async count(filter: EntryFilter): Promise<number> {
    await this.#reach();
    return this.#rows(filter).length;
  }

  async prune(at: Date): Promise<number> {
    await this.#reach();
    const expired = [...this.feed.items.values()].filter(
      ({ expiresAt }) => expiresAt !== undefined && expiresAt < at,
    );
    for (const { id } of expired) this.#deleteOne(id);
    this.feed.hint();
    return expired.length;
  }

  /** What deleting a bundle does to the entries that federate with its trust domain. */
  unfederate(trustDomain: TrustDomain, mode: 'delete' | 'dissociate'): void {
    for (const entry of Array.from(this.feed.items.values())) {
      const federatesWith = entry.federatesWith.filter((other) => !other.equals(trustDomain));
      if (federatesWith.length === entry.federatesWith.length) continue;
      if (mode === 'delete') this.feed.delete(entry.id);
      else this.feed.put(entry.id, { ...entry, federatesWith, revisionNumber: entry.revisionNumber + 1 });
    }
    this.feed.hint();
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
  }

  #createOne({ id, ...fields }: NewEntry, withoutBundle: ReadonlySet<TrustDomain>): CreateOutcome {
    const similar = [...this.feed.items.values()].find((entry) => shapeOf(entry) === shapeOf(fields));
    if (similar !== undefined) return { kind: 'similar', entry: similar };
    if (id !== undefined && this.feed.items.has(id)) return { kind: 'duplicate-id' };
    const unknown = fields.federatesWith.find((domain) => withoutBundle.has(domain));
    if (unknown !== undefined) return { kind: 'no-bundle', trustDomain: unknown.name };
    const entry: Entry = {
      ...fields,
      selectors: normalizeSelectors(fields.selectors),
      id: id ?? this.#random.uuid(),
      revisionNumber: 0,
      createdAt: this.#clock.now(),
    };
    this.#lastRowId += 1;
    this.#rowIds.set(entry.id, this.#lastRowId);
    this.feed.put(entry.id, entry);
    return { kind: 'created', entry };
  }

  #updateOne(
    { id, changes }: EntryUpdate,
    withoutBundle: ReadonlySet<TrustDomain>,
    guard: EntryGuard | undefined,
  ): UpdateOutcome {
    const before = this.feed.items.get(id);
    if (before === undefined) return { kind: 'not-found' };
    const entry: Entry = { ...before, ...changes, id, revisionNumber: before.revisionNumber + 1 };
    const denied = this.denial(guard, before) ?? this.denial(guard, entry);
    if (denied !== undefined) return denied;
    const unknown = changes.federatesWith?.find((domain) => withoutBundle.has(domain));
    if (unknown !== undefined) return { kind: 'no-bundle', trustDomain: unknown.name };
    this.feed.put(id, entry);
    return { kind: 'updated', entry };
  }

  denial(guard: EntryGuard | undefined, entry: EntryFields | undefined): Denied | undefined {
    const why =
      entry === undefined ? undefined : guard?.whyNot(entry, surroundings([...this.feed.items.values()]));
    return why === undefined ? undefined : { kind: 'denied', why };
  }

  #deleteOne(id: string): boolean {
    if (!this.feed.items.has(id)) return false;
    this.feed.delete(id);
    return true;
  }

  async #withoutBundle(fields: readonly Partial<EntryFields>[]): Promise<ReadonlySet<TrustDomain>> {
    const missing = new Set<TrustDomain>();
    for (const domain of fields.flatMap(({ federatesWith }) => federatesWith ?? [])) {
      if (this.#bundles !== undefined && (await this.#bundles.find(domain)) === undefined)
        missing.add(domain);
    }
    return missing;
  }

  #rows(filter: EntryFilter): readonly FakeRow<Entry>[] {
    checkSet(filter.bySelectors?.selectors);
    checkSet(filter.byFederatesWith?.trustDomains);
    return [...this.feed.items.values()]
      .filter((entry) => passesFilter(entry, filter))
      .map((item) => ({ rowId: this.#rowIds.get(item.id) ?? 0, item }))
      .sort((a, b) => a.rowId - b.rowId);
  }
}

const surroundings = (entries: readonly Entry[]): Surroundings => ({
  isPrivileged: (id) =>
    entries.some(({ spiffeId, admin, downstream }) => spiffeId.toString() === id && (admin || downstream)),
  below: (id) => {
    const found = new Set<Entry>();
    const above = new Set([id]);
    for (const top of above) {
      for (const entry of entries.filter(({ parentId }) => parentId.toString() === top)) {
        found.add(entry);
        above.add(entry.spiffeId.toString());
      }
    }
    return [...found];
  },
});

const shapeOf = ({ spiffeId, parentId, selectors }: EntryFields): string =>
  JSON.stringify([spiffeId.toString(), parentId.toString(), normalizeSelectors(selectors).map(selectorKey)]);

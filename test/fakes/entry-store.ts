/** Registration entries in memory, written through a fake change feed. */
import type { Entry, EntryFields, NewEntry } from '../../server/entries/entry.ts';
import type {
  CreateOutcome,
  EntryFilter,
  EntryStore,
  EntryUpdate,
  Page,
  PageRequest,
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
import { checkSet, setsMatch } from './set-match.ts';

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

  async create(entries: readonly NewEntry[]): Promise<readonly CreateOutcome[]> {
    await this.#reach();
    if (entries.some((entry) => JSON.stringify(entry).includes('\\u0000'))) {
      throw invalidArgument('text with a NUL cannot be stored');
    }
    const unknown = await this.#withoutBundle(entries);
    const outcomes = entries.map((entry) => this.#createOne(entry, unknown));
    this.feed.hint();
    return outcomes;
  }

  async update(updates: readonly EntryUpdate[]): Promise<readonly UpdateOutcome[]> {
    await this.#reach();
    const unknown = await this.#withoutBundle(updates.map(({ changes }) => changes));
    const outcomes = updates.map((update) => this.#updateOne(update, unknown));
    this.feed.hint();
    return outcomes;
  }

  async delete(ids: readonly string[]): Promise<readonly boolean[]> {
    await this.#reach();
    const deleted = ids.map((id) => this.#deleteOne(id));
    this.feed.hint();
    return deleted;
  }

  async find(id: string): Promise<Entry | undefined> {
    await this.#reach();
    return this.feed.items.get(id);
  }

  async list(filter: EntryFilter, page: PageRequest): Promise<Page<Entry>> {
    await this.#reach();
    return pageOf(this.#rows(filter), page);
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

  #updateOne({ id, changes }: EntryUpdate, withoutBundle: ReadonlySet<TrustDomain>): UpdateOutcome {
    const before = this.feed.items.get(id);
    if (before === undefined) return { kind: 'not-found' };
    const entry: Entry = { ...before, ...changes, id, revisionNumber: before.revisionNumber + 1 };
    const unknown = changes.federatesWith?.find((domain) => withoutBundle.has(domain));
    if (unknown !== undefined) return { kind: 'no-bundle', trustDomain: unknown.name };
    this.feed.put(id, entry);
    return { kind: 'updated', entry };
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
      .filter((entry) => passes(entry, filter))
      .map((item) => ({ rowId: this.#rowIds.get(item.id) ?? 0, item }))
      .sort((a, b) => a.rowId - b.rowId);
  }
}

const shapeOf = ({ spiffeId, parentId, selectors }: EntryFields): string =>
  JSON.stringify([spiffeId.toString(), parentId.toString(), normalizeSelectors(selectors).map(selectorKey)]);

function passes(entry: Entry, filter: EntryFilter): boolean {
  const { bySelectors, byFederatesWith } = filter;
  return (
    (filter.bySpiffeId?.equals(entry.spiffeId) ?? true) &&
    (filter.byParentId?.equals(entry.parentId) ?? true) &&
    (bySelectors === undefined ||
      setsMatch(
        entry.selectors.map(selectorKey),
        bySelectors.selectors.map(selectorKey),
        bySelectors.match,
      )) &&
    (byFederatesWith === undefined ||
      setsMatch(
        entry.federatesWith.map(String),
        byFederatesWith.trustDomains.map(String),
        byFederatesWith.match,
      )) &&
    (filter.byHint === undefined || filter.byHint === entry.hint) &&
    (filter.byDownstream !== true || entry.downstream)
  );
}

/** Bundles of other trust domains in memory, beside the own one, as datastore/federated-bundles keeps them. */
import type {
  BundleChanges,
  DeleteBundleOutcome,
  DeleteMode,
  FederatedBundleStore,
} from '../../server/bundle/federated-bundle-store.ts';
import type { Page, PageRequest, Show } from '../../server/entries/entry-store.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { isSameBundle } from '../../shared/bundle/same-bundle.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { FakeBundleStore } from './bundle-store.ts';
import type { FakeEntryStore } from './entry-store.ts';
import { pageOf } from './paging.ts';

export class FakeFederatedBundleStore implements FederatedBundleStore {
  readonly #bundles: FakeBundleStore;
  readonly #entries: FakeEntryStore;
  /** Every call fails with this while it is set. */
  failure: Error | undefined;

  constructor(bundles: FakeBundleStore, entries: FakeEntryStore) {
    this.#bundles = bundles;
    this.#entries = entries;
  }

  async create(bundle: Bundle): Promise<boolean> {
    if (this.#find(bundle.trustDomain) !== undefined) return false;
    this.#bundles.restore(bundle);
    return true;
  }

  async update(trustDomain: TrustDomain, changes: BundleChanges): Promise<Bundle | undefined> {
    const before = this.#find(trustDomain);
    if (before === undefined) return undefined;
    const after = { ...before, ...changes };
    this.#replace(before, after);
    return after;
  }

  async set(bundle: Bundle): Promise<void> {
    const before = this.#find(bundle.trustDomain);
    if (before === undefined) this.#bundles.restore(bundle);
    else this.#replace(before, bundle);
  }

  async delete(trustDomain: TrustDomain, mode: DeleteMode): Promise<DeleteBundleOutcome> {
    if (this.#find(trustDomain) === undefined) return { kind: 'not-found' };
    const entryCount = this.#federating(trustDomain).length;
    if (mode === 'restrict' && entryCount > 0) return { kind: 'restricted', entryCount };
    this.#bundles.remove(trustDomain);
    if (mode !== 'restrict') this.#entries.unfederate(trustDomain, mode);
    return { kind: 'deleted' };
  }

  async list<Shown>(own: TrustDomain, page: PageRequest, show: Show<Bundle, Shown>): Promise<Page<Shown>> {
    if (this.failure !== undefined) throw this.failure;
    return pageOf(
      this.#bundles.rows().filter(({ item }) => !item.trustDomain.equals(own)),
      page,
      show,
    );
  }

  #find(trustDomain: TrustDomain): Bundle | undefined {
    if (this.failure !== undefined) throw this.failure;
    return this.#bundles.rows().find(({ item }) => item.trustDomain.equals(trustDomain))?.item;
  }

  #replace(before: Bundle, after: Bundle): void {
    if (isSameBundle(before, after)) return;
    this.#bundles.restore(after);
    for (const entry of this.#federating(after.trustDomain)) this.#entries.feed.put(entry.id, entry);
    this.#entries.feed.hint();
  }

  #federating(trustDomain: TrustDomain) {
    return [...this.#entries.feed.items.values()].filter(({ federatesWith }) =>
      federatesWith.some((other) => other.equals(trustDomain)),
    );
  }
}

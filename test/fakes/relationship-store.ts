/** Federation relationships in memory, as datastore/relationships keeps them. */
import type {
  RelationshipChanges,
  RelationshipStore,
  WithBundle,
} from '../../server/federation/relationship-store.ts';
import type { Relationship } from '../../server/federation/relationship.ts';
import type { Page, PageRequest, Show } from '../../server/entries/entry-store.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { FakeBundleStore } from './bundle-store.ts';
import type { FakeFederatedBundleStore } from './federated-bundle-store.ts';
import { type FakeRow, pageOf } from './paging.ts';

export class FakeRelationshipStore implements RelationshipStore {
  readonly #bundles: FakeBundleStore;
  readonly #federated: FakeFederatedBundleStore;
  #rows: readonly FakeRow<Relationship>[] = [];
  #lastRowId = 0;
  /** Every call fails with this while it is set. */
  failure: Error | undefined;

  constructor(bundles: FakeBundleStore, federated: FakeFederatedBundleStore) {
    this.#bundles = bundles;
    this.#federated = federated;
  }

  async create({ relationship, bundle }: WithBundle): Promise<boolean> {
    if (this.#find(relationship.trustDomain) !== undefined) return false;
    this.#rows = [...this.#rows, { rowId: ++this.#lastRowId, item: relationship }];
    if (bundle !== undefined) await this.#federated.set(bundle);
    return true;
  }

  async update(trustDomain: TrustDomain, changes: RelationshipChanges): Promise<WithBundle | undefined> {
    const { bundle, ...fields } = changes;
    const row = this.#find(trustDomain);
    if (row === undefined) return undefined;
    const changed = { ...row, item: { ...row.item, ...fields } };
    this.#rows = this.#rows.map((each) => (each === row ? changed : each));
    if (bundle !== undefined) await this.#federated.set(bundle);
    return this.#withBundle(changed.item);
  }

  async delete(trustDomain: TrustDomain): Promise<boolean> {
    const row = this.#find(trustDomain);
    this.#rows = this.#rows.filter((each) => each !== row);
    return row !== undefined;
  }

  async find(trustDomain: TrustDomain): Promise<WithBundle | undefined> {
    const row = this.#find(trustDomain);
    return row === undefined ? undefined : this.#withBundle(row.item);
  }

  async list<Shown>(page: PageRequest, show: Show<WithBundle, Shown>): Promise<Page<Shown>> {
    this.#reach();
    const rows = this.#rows.map(async ({ rowId, item }) => ({ rowId, item: await this.#withBundle(item) }));
    return pageOf(await Promise.all(rows), page, show);
  }

  #find(trustDomain: TrustDomain): FakeRow<Relationship> | undefined {
    this.#reach();
    return this.#rows.find(({ item }) => item.trustDomain.equals(trustDomain));
  }

  #reach(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  async #withBundle(relationship: Relationship): Promise<WithBundle> {
    return { relationship, bundle: await this.#bundles.find(relationship.trustDomain) };
  }
}

/** A whole datastore in memory, for servers whose tests are not about Postgres. */
import type { Datastore } from '../../server/datastore/open.ts';
import type { CodedError } from '../../shared/errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { FakeBundleStore } from './bundle-store.ts';
import { FakeEntryPlans } from './entry-plans.ts';
import { FakeEntryStore } from './entry-store.ts';
import { FakeFederatedBundleStore } from './federated-bundle-store.ts';
import { FakeJoinTokenStore } from './join-token-store.ts';
import { FakeJournalStore } from './journal-store.ts';
import { FakeLeaseStore } from './lease-store.ts';
import { FakeNodePruning } from './node-pruning.ts';
import { FakeNodeStore } from './node-store.ts';
import { FakePeerStore } from './peer-store.ts';
import { FakeRelationshipStore } from './relationship-store.ts';

export class FakeDatastore implements Datastore {
  readonly bundles = new FakeBundleStore();
  readonly journals = new FakeJournalStore();
  readonly entries: FakeEntryStore;
  readonly federatedBundles: FakeFederatedBundleStore;
  readonly relationships: FakeRelationshipStore;
  readonly joinTokens: FakeJoinTokenStore;
  readonly nodes: FakeNodeStore;
  readonly plans: FakeEntryPlans;
  readonly leases: FakeLeaseStore;
  readonly peers: FakePeerStore;
  readonly nodePruning: FakeNodePruning;
  /** What reads and `health` fail with: the database is away. */
  #failure: CodedError | undefined;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.entries = new FakeEntryStore({ clock, bundles: this.bundles });
    this.plans = new FakeEntryPlans(this.entries);
    this.federatedBundles = new FakeFederatedBundleStore(this.bundles, this.entries);
    this.relationships = new FakeRelationshipStore(this.bundles, this.federatedBundles);
    this.joinTokens = new FakeJoinTokenStore(this.entries);
    this.nodes = new FakeNodeStore({ joinTokens: this.joinTokens, entries: this.entries });
    this.leases = new FakeLeaseStore(clock);
    this.peers = new FakePeerStore(clock);
    this.nodePruning = new FakeNodePruning(this);
  }

  get entryFeed() {
    return this.entries.feed;
  }

  get nodeFeed() {
    return this.nodes.feed;
  }

  fail(failure: CodedError | undefined): void {
    this.#failure = failure;
    for (const part of [this.entries, this.nodes, this.entries.feed, this.nodes.feed]) part.failure = failure;
  }

  async pruneChanges(): Promise<number> {
    return 0;
  }

  async now(): Promise<Date> {
    return this.#clock.now();
  }

  async health(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {}
}

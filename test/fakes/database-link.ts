/** What is between a server and its database: counts the calls under way, and can be cut, or keep news back. */
import type { Datastore } from '../../server/datastore/open.ts';
import type { ChangeFeed, ChangesAfter, Position } from '../../server/entries/change-feed.ts';
import { unavailable } from '../../shared/errors.ts';

type Feed = 'entries' | 'nodes';

export class DatabaseLink {
  readonly datastore: Datastore;
  readonly #passesHints: boolean;
  readonly #frozen = new Set<Feed>();
  readonly #held = new Map<Feed, PromiseWithResolvers<void>>();
  #isCut = false;
  #underWay = 0;
  #answers: PromiseWithResolvers<void> | undefined;

  constructor(datastore: Datastore, { passesHints }: { readonly passesHints: boolean }) {
    this.#passesHints = passesHints;
    this.datastore = {
      entries: this.#guard(datastore.entries),
      plans: this.#guard(datastore.plans),
      nodes: this.#guard(datastore.nodes),
      bundles: this.#guard(datastore.bundles),
      federatedBundles: this.#guard(datastore.federatedBundles),
      relationships: this.#guard(datastore.relationships),
      joinTokens: this.#guard(datastore.joinTokens),
      journals: this.#guard(datastore.journals),
      entryFeed: this.#feed('entries', this.#guard(datastore.entryFeed)),
      nodeFeed: this.#feed('nodes', this.#guard(datastore.nodeFeed)),
      leases: this.#guard(datastore.leases),
      peers: this.#guard(datastore.peers),
      nodePruning: this.#guard(datastore.nodePruning),
      pruneChanges: (fence) => this.#call(() => datastore.pruneChanges(fence)),
      now: () => this.#call(() => datastore.now()),
      health: () => this.#call(() => datastore.health()),
      close: () => datastore.close(),
    };
  }

  /** Resolves when the database has answered every call; undefined when there is none. */
  get answers(): Promise<void> | undefined {
    return this.#answers?.promise;
  }

  /** Every call fails at once, until `restore`. */
  cut(): void {
    this.#isCut = true;
  }

  /** Reads of this feed get no answer, until `restore`. */
  holdFeed(feed: Feed): void {
    if (!this.#held.has(feed)) this.#held.set(feed, Promise.withResolvers());
  }

  /** The feed says that nothing is new, as a replica that lags would: no server of ours should ever read from one. */
  freeze(feed: Feed): void {
    this.#frozen.add(feed);
  }

  restore(): void {
    this.#isCut = false;
    for (const held of this.#held.values()) held.resolve();
    this.#held.clear();
    this.#frozen.clear();
  }

  #feed<Item>(name: Feed, feed: ChangeFeed<Item>): ChangeFeed<Item> {
    return {
      snapshot: (...args) => feed.snapshot(...args),
      changesAfter: async (position: Position): Promise<ChangesAfter<Item>> => {
        await this.#held.get(name)?.promise;
        if (this.#frozen.has(name)) return { kind: 'changes', changes: [], position, atHead: true };
        return feed.changesAfter(position);
      },
      onHint: (listener) => feed.onHint(listener),
    };
  }

  /** Every method that answers with a promise goes through `#call`. */
  #guard<Store extends object>(store: Store): Store {
    return new Proxy(store, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        if (key === 'onHint' && !this.#passesHints) return () => () => {};
        if (key === 'onHint') return member.bind(target);
        return (...args: unknown[]) => this.#call(() => member.apply(target, args));
      },
    });
  }

  async #call<Result>(deed: () => Promise<Result>): Promise<Result> {
    if (this.#isCut) throw unavailable('the database is away', { reason: 'DATABASE_UNAVAILABLE' });
    this.#underWay += 1;
    this.#answers ??= Promise.withResolvers();
    try {
      return await deed();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) {
        this.#answers.resolve();
        this.#answers = undefined;
      }
    }
  }
}

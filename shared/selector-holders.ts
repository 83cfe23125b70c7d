/** Who has which selectors. Used by the watchers of the server's entry index and by the streams of the agent's cache. */
import { type Selector, selectorKey } from './selectors.ts';

export class SelectorHolders<Holder extends object> {
  readonly #keysOf = new Map<Holder, ReadonlySet<string>>();
  readonly #byKey = new Map<string, Set<Holder>>();

  get size(): number {
    return this.#keysOf.size;
  }

  all(): readonly Holder[] {
    return [...this.#keysOf.keys()];
  }

  /** `keys` of its selectors; they are not to change until it is removed. */
  add(holder: Holder, keys: ReadonlySet<string>): void {
    this.#keysOf.set(holder, keys);
    for (const key of keys) {
      const having = this.#byKey.get(key);
      if (having === undefined) this.#byKey.set(key, new Set([holder]));
      else having.add(holder);
    }
  }

  /** Whether it was there. */
  remove(holder: Holder): boolean {
    for (const key of this.#keysOf.get(holder) ?? []) {
      const having = this.#byKey.get(key);
      having?.delete(holder);
      if (having?.size === 0) this.#byKey.delete(key);
    }
    return this.#keysOf.delete(holder);
  }

  /** Those that have every one of these selectors, nobody for none: only who has the rarest is looked at. */
  havingAll(selectors: readonly Selector[]): readonly Holder[] {
    const keys = selectors.map(selectorKey);
    let fewest: ReadonlySet<Holder> | undefined;
    for (const key of keys) {
      const having = this.#byKey.get(key);
      if (having === undefined) return [];
      if (fewest === undefined || having.size < fewest.size) fewest = having;
    }
    return [...(fewest ?? [])].filter((holder) => keys.every((key) => this.#keysOf.get(holder)?.has(key)));
  }
}

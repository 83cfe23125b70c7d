/** Things filed by the selectors that they ask for, so that a match looks at few of them. Used by svid-cache. */
import { isSubset, type Selector, selectorKey } from '../../shared/selectors.ts';

/** Each item stands under one of its selectors only, that with the fewest items: who has them all has that one too. */
export class SelectorIndex<Item extends object> {
  readonly #byKey = new Map<string, Map<Item, readonly Selector[]>>();
  readonly #placeOf = new Map<Item, string>();

  add(item: Item, selectors: readonly Selector[]): void {
    const key = this.#rarest(selectors);
    if (key === undefined) return; // an entry without selectors matches nobody
    const filed = this.#byKey.get(key);
    if (filed === undefined) this.#byKey.set(key, new Map([[item, selectors]]));
    else filed.set(item, selectors);
    this.#placeOf.set(item, key);
  }

  remove(item: Item): void {
    const key = this.#placeOf.get(item);
    if (key === undefined) return;
    this.#placeOf.delete(item);
    const filed = this.#byKey.get(key);
    filed?.delete(item);
    if (filed?.size === 0) this.#byKey.delete(key);
  }

  /** Items all of whose selectors are among `keys` (SPIRE's match rule). */
  match(keys: ReadonlySet<string>): readonly Item[] {
    const found: Item[] = [];
    for (const key of keys) {
      for (const [item, selectors] of this.#byKey.get(key) ?? []) {
        if (isSubset(selectors, keys)) found.push(item);
      }
    }
    return found;
  }

  #rarest(selectors: readonly Selector[]): string | undefined {
    let rarest: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const selector of selectors) {
      const key = selectorKey(selector);
      const count = this.#byKey.get(key)?.size ?? 0;
      if (count < fewest) [rarest, fewest] = [key, count];
    }
    return rarest;
  }
}

/** The entries of the agent with what it holds for them, found by id and by selectors. Used by svid-cache. */
import type { Selector } from '../../shared/selectors.ts';
import type { AgentEntry } from './agent-entry.ts';
import { closestEntries } from './closest-entries.ts';
import type { HeldEntry } from './held-entry.ts';
import type { AnySvid } from './svid-kind.ts';
import { SelectorIndex } from './selector-index.ts';
import type { Candidate } from './workload-identities.ts';

export class HeldEntries<S extends AnySvid, I> {
  readonly #byId = new Map<string, HeldEntry<S, I>>();
  readonly #index = new SelectorIndex<HeldEntry<S, I>>();

  get size(): number {
    return this.#byId.size;
  }

  find(id: string): HeldEntry<S, I> | undefined {
    return this.#byId.get(id);
  }

  all(): IteratorObject<HeldEntry<S, I>> {
    return this.#byId.values();
  }

  /** Those all of whose selectors are among `keys`. */
  match(keys: ReadonlySet<string>): readonly HeldEntry<S, I>[] {
    return this.#index.match(keys);
  }

  /** Matches first, then the closest; at most `limit`. */
  closest(selectors: readonly Selector[], limit: number): readonly Candidate[] {
    return closestEntries(this.#byId.values(), selectors, limit);
  }

  /** Files it as this state of its entry. */
  put(held: HeldEntry<S, I>, entry: AgentEntry): void {
    this.#index.remove(held);
    held.entry = entry;
    this.#byId.set(entry.id, held);
    this.#index.add(held, entry.selectors);
  }

  drop(held: HeldEntry<S, I>): void {
    this.#byId.delete(held.entry.id);
    this.#index.remove(held);
  }
}

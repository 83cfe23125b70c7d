/**
 * Finds the node aliases that an agent's selectors satisfy. Each alias is filed under the one of its selectors that
 * the fewest others are filed under, so that an agent is compared only with aliases that share a rare trait with it.
 * Used by entry-graph.
 */
import type { Selector } from '../../shared/selectors.ts';
import { selectorKey } from '../../shared/selectors.ts';
import type { Stamped } from './tombstones.ts';
import { Tombstones } from './tombstones.ts';

/** One selector that aliases name. */
class Trait<Target> implements Stamped {
  readonly key: string;
  /** Aliases filed here. */
  readonly filed = new Set<Alias<Target>>();
  /** Aliases that name it, filed here or elsewhere. */
  uses = 0;
  changedAt = 0;
  /** Round of the last match in which the agent had it. */
  mark = 0;

  constructor(key: string) {
    this.key = key;
  }
}

interface Alias<Target> {
  readonly target: Target;
  readonly traits: readonly Trait<Target>[];
  readonly filedAt: Trait<Target>;
}

export class AliasIndex<Target> {
  readonly #traits = new Map<string, Trait<Target>>();
  readonly #byEntryId = new Map<string, Alias<Target>>();
  readonly #tombstones = new Tombstones<Trait<Target>>((trait) => this.#traits.delete(trait.key));
  #round = 0;

  /** `changedAt` 0 while loading. */
  put(entryId: string, alias: { selectors: readonly Selector[]; target: Target; changedAt: number }): void {
    this.delete(entryId, alias.changedAt);
    const traits = alias.selectors.map((selector) => this.#trait(selectorKey(selector)));
    const filedAt = rarest(traits);
    if (filedAt === undefined) return;
    const filed = { target: alias.target, traits, filedAt };
    for (const trait of traits) trait.uses += 1;
    filedAt.filed.add(filed);
    filedAt.changedAt = Math.max(filedAt.changedAt, alias.changedAt);
    this.#byEntryId.set(entryId, filed);
  }

  delete(entryId: string, changedAt: number): void {
    const alias = this.#byEntryId.get(entryId);
    if (alias === undefined) return;
    this.#byEntryId.delete(entryId);
    alias.filedAt.filed.delete(alias);
    alias.filedAt.changedAt = Math.max(alias.filedAt.changedAt, changedAt);
    for (const trait of alias.traits) {
      trait.uses -= 1;
      if (trait.uses === 0) this.#tombstones.add(trait);
    }
  }

  /** Calls back with the target of each satisfied alias; returns the last change that bears on these selectors. */
  match(selectors: readonly Selector[], onTarget: (target: Target) => void): number {
    const round = ++this.#round;
    const had = this.#mark(selectors, round);
    let changedAt = this.#tombstones.floor;
    for (const trait of had) {
      changedAt = Math.max(changedAt, trait.changedAt);
      for (const alias of trait.filed) {
        if (alias.traits.every((named) => named.mark === round)) onTarget(alias.target);
      }
    }
    return changedAt;
  }

  /** The traits among these selectors, each once. */
  #mark(selectors: readonly Selector[], round: number): readonly Trait<Target>[] {
    const had: Trait<Target>[] = [];
    for (const selector of selectors) {
      const trait = this.#traits.get(selectorKey(selector));
      if (trait === undefined || trait.mark === round) continue;
      trait.mark = round;
      had.push(trait);
    }
    return had;
  }

  #trait(key: string): Trait<Target> {
    const known = this.#traits.get(key);
    if (known !== undefined) {
      this.#tombstones.revive(known);
      return known;
    }
    const made = new Trait<Target>(key);
    this.#traits.set(key, made);
    return made;
  }
}

function rarest<Target>(traits: readonly Trait<Target>[]): Trait<Target> | undefined {
  let best: Trait<Target> | undefined;
  for (const trait of traits) {
    if (best === undefined || trait.filed.size < best.filed.size) best = trait;
  }
  return best;
}

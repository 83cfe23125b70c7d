/** Who wants to know when the entries of an agent change: by the agent's ID and by its selectors. Used by authorized-entries. */
import type { Selector } from '../../shared/selectors.ts';
import { selectorKey, selectorKeys } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Agent, Roots } from './entry-graph.ts';

/** Takes the change number and its epoch; must be quick and not throw: it is called for many agents in a row. */
export type OnChanged = (n: number, epoch: string) => void;

export class Watcher {
  readonly id: SpiffeId;
  readonly onChanged: OnChanged;
  selectorKeys: ReadonlySet<string>;
  changedAt: number;

  constructor(agent: Agent, onChanged: OnChanged, changedAt: number) {
    this.id = agent.id;
    this.selectorKeys = selectorKeys(agent.selectors);
    this.onChanged = onChanged;
    this.changedAt = changedAt;
  }
}

export class Watchers {
  readonly #all = new Set<Watcher>();
  readonly #byId = new Map<string, Set<Watcher>>();
  readonly #bySelector = new Map<string, Set<Watcher>>();

  get size(): number {
    return this.#all.size;
  }

  all(): readonly Watcher[] {
    return [...this.#all];
  }

  of(id: SpiffeId): readonly Watcher[] {
    return [...(this.#byId.get(id.toString()) ?? [])];
  }

  add(watcher: Watcher): void {
    this.#all.add(watcher);
    file(this.#byId, watcher.id.toString(), watcher);
    for (const key of watcher.selectorKeys) file(this.#bySelector, key, watcher);
  }

  remove(watcher: Watcher): void {
    this.#all.delete(watcher);
    unfile(this.#byId, watcher.id.toString(), watcher);
    for (const key of watcher.selectorKeys) unfile(this.#bySelector, key, watcher);
  }

  /** Those whose entries hang below these roots. */
  below(roots: Roots): ReadonlySet<Watcher> {
    const found = new Set(roots.ids.flatMap((id) => this.of(id)));
    for (const selectors of roots.aliases) {
      for (const watcher of this.#satisfying(selectors)) found.add(watcher);
    }
    return found;
  }

  /** Looks only at those that have the alias' rarest selector. */
  #satisfying(selectors: readonly Selector[]): readonly Watcher[] {
    const keys = selectors.map(selectorKey);
    let fewest: ReadonlySet<Watcher> | undefined;
    for (const key of keys) {
      const having = this.#bySelector.get(key);
      if (having === undefined) return [];
      if (fewest === undefined || having.size < fewest.size) fewest = having;
    }
    return [...(fewest ?? [])].filter((watcher) => keys.every((key) => watcher.selectorKeys.has(key)));
  }
}

function file(sets: Map<string, Set<Watcher>>, key: string, watcher: Watcher): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([watcher]));
  else known.add(watcher);
}

function unfile(sets: Map<string, Set<Watcher>>, key: string, watcher: Watcher): void {
  const known = sets.get(key);
  known?.delete(watcher);
  if (known?.size === 0) sets.delete(key);
}

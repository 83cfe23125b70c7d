/** Who wants to know when the entries of an agent change: by the agent's ID and by its selectors. Used by authorized-entries. */
import { SelectorHolders } from '../../shared/selector-holders.ts';
import { selectorKeys } from '../../shared/selectors.ts';
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
  readonly #holders = new SelectorHolders<Watcher>();
  readonly #byId = new Map<string, Set<Watcher>>();

  get size(): number {
    return this.#holders.size;
  }

  all(): readonly Watcher[] {
    return this.#holders.all();
  }

  of(id: SpiffeId): readonly Watcher[] {
    return [...(this.#byId.get(id.toString()) ?? [])];
  }

  add(watcher: Watcher): void {
    const id = watcher.id.toString();
    const known = this.#byId.get(id);
    if (known === undefined) this.#byId.set(id, new Set([watcher]));
    else known.add(watcher);
    this.#holders.add(watcher, watcher.selectorKeys);
  }

  remove(watcher: Watcher): void {
    const id = watcher.id.toString();
    const known = this.#byId.get(id);
    known?.delete(watcher);
    if (known?.size === 0) this.#byId.delete(id);
    this.#holders.remove(watcher);
  }

  /** Those whose entries hang below these roots. */
  below(roots: Roots): ReadonlySet<Watcher> {
    return new Set([
      ...roots.ids.flatMap((id) => this.of(id)),
      ...roots.aliases.flatMap((selectors) => this.#holders.havingAll(selectors)),
    ]);
  }
}

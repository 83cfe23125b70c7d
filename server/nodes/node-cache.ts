/**
 * Attested nodes in memory, fed by the node feed: serial numbers for check-agent, selectors for the entry
 * index. Filled by a refresher.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Selector } from '../../shared/selectors.ts';
import { selectorKey } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Change, Position } from '../entries/change-feed.ts';
import type { Loading, Replica } from '../entries/replica.ts';
import type { Node } from './node.ts';

export interface NodeCacheParts {
  readonly clock: Clock;
  /** Told when a node's selectors differ from before: the entry index' setAgentSelectors. */
  readonly onSelectors: (id: SpiffeId, selectors: readonly Selector[]) => void;
}

const NONE: readonly Selector[] = [];

export class NodeCache implements Replica<Node> {
  readonly #clock: Clock;
  readonly #onSelectors: NodeCacheParts['onSelectors'];
  #nodes = new Map<string, Node>();
  #position: Position | undefined;

  constructor(parts: NodeCacheParts) {
    this.#clock = parts.clock;
    this.#onSelectors = parts.onSelectors;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  get size(): number {
    return this.#nodes.size;
  }

  find(id: SpiffeId): Node | undefined {
    return this.#nodes.get(id.toString());
  }

  /** None for a node that is unknown, banned or past its certificate's end (SPIRE: ignored for aliases). */
  selectorsOf(id: SpiffeId): readonly Selector[] {
    return this.#liveSelectors(this.find(id));
  }

  load(): Loading<Node> {
    const nodes = new Map<string, Node>();
    return {
      add: (items) => {
        for (const node of items) nodes.set(node.id.toString(), node);
      },
      install: (position) => {
        const before = this.#nodes;
        this.#nodes = nodes;
        this.#position = position;
        for (const [id, node] of nodes) this.#compare(before.get(id), node);
        for (const [id, node] of before) if (!nodes.has(id)) this.#compare(node, undefined);
      },
    };
  }

  /** The ids of its changes are SPIFFE IDs as text. */
  apply(changes: readonly Change<Node>[], position: Position): void {
    const changed: (readonly [Node | undefined, Node | undefined])[] = [];
    for (const change of changes) {
      const before = this.#nodes.get(change.id);
      if (change.kind === 'put') this.#nodes.set(change.id, change.item);
      else this.#nodes.delete(change.id);
      changed.push([before, this.#nodes.get(change.id)]);
    }
    this.#position = position;
    for (const [before, after] of changed) this.#compare(before, after);
  }

  #compare(before: Node | undefined, after: Node | undefined): void {
    const id = (after ?? before)?.id;
    const live = this.#liveSelectors(after);
    if (id !== undefined && !sameSelectors(this.#liveSelectors(before), live)) this.#onSelectors(id, live);
  }

  #liveSelectors(node: Node | undefined): readonly Selector[] {
    const current = node?.current;
    return node !== undefined && current !== undefined && current.expiresAt > this.#clock.now()
      ? node.selectors
      : NONE;
  }
}

/** Selectors are kept sorted, so equal sets are equal lists. */
const sameSelectors = (a: readonly Selector[], b: readonly Selector[]): boolean =>
  a === b ||
  (a.length === b.length &&
    a.every((selector, at) => {
      const other = b[at];
      return other !== undefined && selectorKey(other) === selectorKey(selector);
    }));

/**
 * The change feed as its readers see it: commit-ordered, gap-free numbers in an epoch.
 * Implemented by datastore/changes. One feed each for entries and nodes.
 */

/** A place in a feed. `tag` is the random mark of the change at `n`: a differing tag is another history. */
export interface Position {
  readonly epoch: string;
  readonly n: number;
  readonly tag: string;
}

export type Change<Item> =
  | { readonly kind: 'put'; readonly id: string; readonly item: Item }
  | { readonly kind: 'delete'; readonly id: string };

export type ChangesAfter<Item> =
  /**
   * In order, at most a page; `position` is the last one's (the given one when there are none). Of an item that changed
   * several times, the last. At the head the reader has exactly the state of that number; before it, items may show what
   * a later change made of them, so positions before the head are no state to tell others about.
   */
  | {
      readonly kind: 'changes';
      readonly changes: readonly Change<Item>[];
      readonly position: Position;
      readonly atHead: boolean;
    }
  /** The position is not in this history, or pruned: read a snapshot. */
  | { readonly kind: 'lost' };

export interface ChangeFeed<Item> {
  /**
   * Everything, in pages, and its position, from one repeatable-read transaction. With `lost`, the position that was
   * found missing, the first caller to report it begins a new epoch.
   */
  snapshot(onPage: (items: readonly Item[]) => void, lost?: Position): Promise<Position>;
  /** Read from the primary. */
  changesAfter(position: Position): Promise<ChangesAfter<Item>>;
  /** Calls back when something may have changed (NOTIFY): a hint only. Returns the way to stop. */
  onHint(listener: () => void): () => void;
}

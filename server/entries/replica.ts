/** What a refresher keeps up to date: an index in memory that follows a change feed. */
import type { Change, Position } from './change-feed.ts';

/** A new content being gathered; nothing of it shows until it is installed. */
export interface Loading<Item> {
  add(items: readonly Item[]): void;
  /** Puts the gathered content in the place of the old one, at once. */
  install(position: Position): void;
}

export interface Replica<Item> {
  /** What it shows; undefined before the first content. */
  readonly position: Position | undefined;
  load(): Loading<Item>;
  /** Applies changes in order; applying the same ones again changes nothing. */
  apply(changes: readonly Change<Item>[], position: Position): void;
}

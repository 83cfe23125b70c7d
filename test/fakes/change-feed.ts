/**
 * A change feed in memory that behaves as datastore/changes does: items are read as they are now, an epoch begins with
 * a change of its own. Tests lose, prune and break it at will. The fake stores write into it.
 */
import type { Change, ChangeFeed, ChangesAfter, Position } from '../../server/entries/change-feed.ts';

interface Row<Item> {
  readonly n: number;
  readonly tag: string;
  /** Undefined: begins an epoch. */
  readonly id: string | undefined;
  readonly before: Item | undefined;
}

export class FakeChangeFeed<Item> implements ChangeFeed<Item> {
  readonly #items = new Map<string, Item>();
  readonly #listeners = new Set<() => void>();
  #rows: Row<Item>[] = [{ n: 0, tag: 'tag-0', id: undefined, before: undefined }];
  #epoch = 1;
  #tags = 0;
  pageSize = 1_000;
  snapshotPageSize = 5_000;
  /** Reads fail with this while it is set. */
  failure: Error | undefined;
  /** Awaited by every read before it answers. */
  gate: Promise<void> | undefined;
  reads = 0;
  snapshots = 0;

  get items(): ReadonlyMap<string, Item> {
    return this.#items;
  }

  get head(): Position {
    const last = this.#rows.at(-1);
    return { epoch: `epoch-${this.#epoch}`, n: last?.n ?? 0, tag: last?.tag ?? '' };
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  put(id: string, item: Item): void {
    this.#record(id, () => this.#items.set(id, item));
  }

  delete(id: string): void {
    this.#record(id, () => this.#items.delete(id));
  }

  hint(): void {
    for (const listener of this.#listeners) listener();
  }

  /** A failover that lost the last commits: they are undone, and new ones take their numbers. */
  loseLast(count: number): void {
    for (const row of this.#rows.splice(Math.max(1, this.#rows.length - count)).reverse()) {
      if (row.id === undefined) continue;
      if (row.before === undefined) this.#items.delete(row.id);
      else this.#items.set(row.id, row.before);
    }
  }

  /** Forgets the changes before `n`. */
  pruneBefore(n: number): void {
    this.#rows = this.#rows.filter((row) => row.n >= n);
  }

  async snapshot(onPage: (items: readonly Item[]) => void, lost?: Position): Promise<Position> {
    await this.#read();
    this.snapshots += 1;
    if (lost !== undefined) this.#beginEpochIfMissing(lost);
    const position = this.head;
    const items = [...this.#items.values()];
    for (let at = 0; at < items.length; at += this.snapshotPageSize) {
      await Promise.resolve();
      onPage(items.slice(at, at + this.snapshotPageSize));
    }
    return position;
  }

  async changesAfter(position: Position): Promise<ChangesAfter<Item>> {
    await this.#read();
    this.reads += 1;
    const head = this.head;
    if (position.epoch !== head.epoch || this.#tagAt(position.n) !== position.tag) return { kind: 'lost' };
    const page = this.#rows.filter((row) => row.n > position.n).slice(0, this.pageSize);
    const last = page.at(-1) ?? position;
    const changes = page.flatMap((row, at): Change<Item>[] => {
      const { id } = row;
      if (id === undefined || page.slice(at + 1).some((later) => later.id === id)) return [];
      const item = this.#items.get(id);
      return [item === undefined ? { kind: 'delete', id } : { kind: 'put', id, item }];
    });
    return {
      kind: 'changes',
      changes,
      position: { epoch: head.epoch, n: last.n, tag: last.tag },
      atHead: last.n === head.n,
    };
  }

  onHint(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #read(): Promise<void> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
  }

  #tagAt(n: number): string | undefined {
    return this.#rows.find((row) => row.n === n)?.tag;
  }

  #record(id: string, write: () => void): void {
    this.#append(id, this.#items.get(id));
    write();
  }

  #append(id: string | undefined, before: Item | undefined): void {
    this.#tags += 1;
    this.#rows.push({ n: this.head.n + 1, tag: `tag-${this.#tags}`, id, before });
  }

  #beginEpochIfMissing(lost: Position): void {
    const oldest = this.#rows[0]?.n ?? 0;
    if (lost.epoch !== this.head.epoch || lost.n < oldest || this.#tagAt(lost.n) === lost.tag) return;
    this.#epoch += 1;
    this.#append(undefined, undefined);
  }
}

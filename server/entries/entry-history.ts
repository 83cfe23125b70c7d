/**
 * What has become of entries lately: follows the change feed in the index' place, which it fills, and remembers what each
 * step changed, up to a bound. Read by api/entry/watch-entries.
 */
import type { AuthorizedEntries } from './authorized-entries.ts';
import type { Change, Position } from './change-feed.ts';
import type { Entry } from './entry.ts';
import { entryBytes } from './entry-size.ts';
import type { SeenPosition } from './refresh.ts';
import type { Loading, Replica } from './replica.ts';

export interface EntryChange {
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** What the index learnt at once: the changes up to `to`, each entry once. */
export interface Step {
  readonly to: SeenPosition;
  readonly changes: readonly EntryChange[];
}

export interface HistoryBounds {
  readonly changes: number;
  readonly bytes: number;
}

/** Minutes of a busy server, beside a gigabyte of index. */
const BOUNDS: HistoryBounds = { changes: 4_096, bytes: 8 * 1_024 * 1_024 };

export type HistoryIndex = Pick<AuthorizedEntries, 'position' | 'load' | 'apply' | 'findAny'>;

export class EntryHistory implements Replica<Entry> {
  readonly #index: HistoryIndex;
  readonly #bounds: HistoryBounds;
  readonly #listeners = new Set<() => void>();
  #steps: (Step & { readonly bytes: number })[] = [];
  #changes = 0;
  #bytes = 0;
  /** What lies before it is forgotten. */
  #begin: SeenPosition | undefined;

  constructor(index: HistoryIndex, bounds: HistoryBounds = BOUNDS) {
    this.#index = index;
    this.#bounds = bounds;
  }

  get position(): Position | undefined {
    return this.#index.position;
  }

  /** A new content may differ in anything: nothing before it is told. */
  load(): Loading<Entry> {
    const loading = this.#index.load();
    return {
      add: (entries) => loading.add(entries),
      install: (position) => {
        loading.install(position);
        this.#forgetAll(position);
        this.#tell();
      },
    };
  }

  apply(changes: readonly Change<Entry>[], position: Position): void {
    const changed = changes.flatMap((change) => this.#changeOf(change));
    this.#index.apply(changes, position);
    this.#remember({ to: { epoch: position.epoch, n: position.n }, changes: changed });
    this.#tell();
  }

  /** Undefined: not known any more, or of another history. In order; the last one's `to` is where the index is. */
  after(seen: SeenPosition): readonly Step[] | undefined {
    if (this.#begin === undefined || seen.epoch !== this.#begin.epoch || seen.n < this.#begin.n)
      return undefined;
    return this.#steps.filter(({ to }) => to.n > seen.n);
  }

  /** Calls back after each step. Returns the way to stop. */
  onStep(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** None where the index knew it: changes are read again after a reading that failed. */
  #changeOf(change: Change<Entry>): readonly EntryChange[] {
    const before = this.#index.findAny(change.kind === 'put' ? change.item.id : change.id);
    const after = change.kind === 'put' ? change.item : undefined;
    return isSame(before, after) ? [] : [{ before, after }];
  }

  #remember(step: Step): void {
    const bytes = step.changes.reduce((sum, { before, after }) => sum + bytesOf(before) + bytesOf(after), 0);
    this.#steps.push({ ...step, bytes });
    this.#changes += step.changes.length;
    this.#bytes += bytes;
    while (this.#changes > this.#bounds.changes || this.#bytes > this.#bounds.bytes) this.#forgetFirst();
    while (this.#steps.length > this.#bounds.changes) this.#forgetFirst(); // of nothing, but a step all the same
  }

  #forgetFirst(): void {
    const first = this.#steps.shift();
    if (first === undefined) return;
    this.#changes -= first.changes.length;
    this.#bytes -= first.bytes;
    this.#begin = first.to;
  }

  #forgetAll({ epoch, n }: Position): void {
    this.#steps = [];
    this.#changes = 0;
    this.#bytes = 0;
    this.#begin = { epoch, n };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const bytesOf = (entry: Entry | undefined): number => (entry === undefined ? 0 : entryBytes(entry));

const isSame = (before: Entry | undefined, after: Entry | undefined): boolean =>
  before?.revisionNumber === after?.revisionNumber &&
  before?.createdAt.getTime() === after?.createdAt.getTime();

/**
 * The streams that wait for news of what a workload is entitled to. A change marks those that it touches; what they are
 * told is made once, when the change is complete. Used by svid-cache.
 */
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { SelectorHolders } from '../../shared/selector-holders.ts';
import type { Selector } from '../../shared/selectors.ts';
import type { Identity, Wants, WorkloadUpdate } from './workload-identities.ts';

export interface Subscriber<I = Identity> {
  /** Of its selectors. */
  readonly keys: ReadonlySet<string>;
  readonly wants: Wants;
  readonly onUpdate: (update: WorkloadUpdate<I>) => void;
  /** What it was told last; undefined before the first time. */
  told: WorkloadUpdate<I> | undefined;
}

/** Streams told in one turn of the event loop: a push to thousands must not hold up everybody else. */
const SLICE = 128;

export class Subscribers<I = Identity> {
  /** What a subscriber is to be told; undefined while that is not ready. */
  readonly #makeUpdate: (subscriber: Subscriber<I>) => WorkloadUpdate<I> | undefined;
  readonly #log: Logger;
  readonly #holders = new SelectorHolders<Subscriber<I>>();
  readonly #touched = new Set<Subscriber<I>>();
  #isScheduled = false;

  constructor(makeUpdate: (subscriber: Subscriber<I>) => WorkloadUpdate<I> | undefined, log: Logger) {
    this.#makeUpdate = makeUpdate;
    this.#log = log;
  }

  add(wanted: Omit<Subscriber<I>, 'told'>): Subscriber<I> {
    const stream: Subscriber<I> = { ...wanted, told: undefined };
    this.#holders.add(stream, stream.keys);
    this.#touch([stream]);
    return stream;
  }

  /** Whether it was there until now. */
  remove(stream: Subscriber<I>): boolean {
    this.#touched.delete(stream);
    return this.#holders.remove(stream);
  }

  /** Something changed for whoever has these selectors: so many who want SVIDs. */
  touch(selectors: readonly Selector[]): number {
    if (this.#holders.size === 0) return 0;
    const having = this.#holders.havingAll(selectors);
    this.#touch(having);
    return having.filter(({ wants }) => wants === 'svids').length;
  }

  touchAll(): void {
    this.#touch(this.#holders.all());
  }

  #touch(streams: readonly Subscriber<I>[]): void {
    for (const stream of streams) this.#touched.add(stream);
    if (this.#isScheduled || this.#touched.size === 0) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#tellSlice());
  }

  #tellSlice(): void {
    let count = 0;
    for (const stream of this.#touched) {
      if (++count > SLICE) {
        setImmediate(() => this.#tellSlice());
        return;
      }
      this.#touched.delete(stream);
      this.#tell(stream);
    }
    this.#isScheduled = false;
  }

  #tell(stream: Subscriber<I>): void {
    const update = this.#makeUpdate(stream);
    if (update === undefined || isSameUpdate(update, stream.told)) return;
    stream.told = update;
    try {
      stream.onUpdate(update);
    } catch (error) {
      this.#log.error('a subscriber failed', { error: messageOf(error) });
    }
  }
}

/** Identities and bundles stay the same objects for as long as they are the same. */
const isSameUpdate = <I>(a: WorkloadUpdate<I>, b: WorkloadUpdate<I> | undefined): boolean =>
  b !== undefined &&
  a.isEntitled === b.isEntitled &&
  a.bundle === b.bundle &&
  areSame(a.identities, b.identities) &&
  areSame(a.federatedBundles, b.federatedBundles);

const areSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one, at) => one === b[at]);

/**
 * The streams that wait for news of what a workload is entitled to. A change marks those that it touches; what they are
 * told is made once, when the change is complete. Used by svid-cache.
 */
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type Selector, selectorKey, selectorKeys } from '../../shared/selectors.ts';
import type { Subscription, WorkloadUpdate } from './workload-identities.ts';

export interface Subscriber {
  readonly keys: ReadonlySet<string>;
  /** What it was told last; undefined before the first time. */
  readonly told: WorkloadUpdate | undefined;
}

interface Stream extends Subscriber {
  readonly onUpdate: (update: WorkloadUpdate) => void;
  told: WorkloadUpdate | undefined;
}

/** Streams told in one turn of the event loop: a push to thousands must not hold up everybody else. */
const SLICE = 128;

export class Subscribers {
  /** What a subscriber is to be told; undefined while that is not ready. */
  readonly #makeUpdate: (subscriber: Subscriber) => WorkloadUpdate | undefined;
  readonly #log: Logger;
  readonly #all = new Set<Stream>();
  readonly #byKey = new Map<string, Set<Stream>>();
  readonly #touched = new Set<Stream>();
  #isScheduled = false;

  constructor(makeUpdate: (subscriber: Subscriber) => WorkloadUpdate | undefined, log: Logger) {
    this.#makeUpdate = makeUpdate;
    this.#log = log;
  }

  get size(): number {
    return this.#all.size;
  }

  add(selectors: readonly Selector[], onUpdate: (update: WorkloadUpdate) => void): Subscription {
    const stream: Stream = { keys: selectorKeys(selectors), onUpdate, told: undefined };
    this.#all.add(stream);
    for (const key of stream.keys) this.#fileUnder(key, stream);
    this.#touch([stream]);
    return { close: () => this.#remove(stream) };
  }

  /** Those that have every one of these selectors. */
  having(selectors: readonly Selector[]): readonly Subscriber[] {
    return this.#having(selectors);
  }

  /** Something changed for whoever has these selectors. */
  touch(selectors: readonly Selector[]): void {
    if (this.#all.size > 0) this.#touch(this.#having(selectors));
  }

  touchAll(): void {
    this.#touch([...this.#all]);
  }

  #touch(streams: readonly Stream[]): void {
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

  #tell(stream: Stream): void {
    const update = this.#makeUpdate(stream);
    if (update === undefined || isSameUpdate(update, stream.told)) return;
    stream.told = update;
    try {
      stream.onUpdate(update);
    } catch (error) {
      this.#log.error('a subscriber failed', { error: messageOf(error) });
    }
  }

  /** By the selector that the fewest of them have. */
  #having(selectors: readonly Selector[]): readonly Stream[] {
    let fewest: ReadonlySet<Stream> | undefined;
    for (const selector of selectors) {
      const having = this.#byKey.get(selectorKey(selector));
      if (having === undefined) return [];
      if (fewest === undefined || having.size < fewest.size) fewest = having;
    }
    return [...(fewest ?? [])].filter((stream) =>
      selectors.every((selector) => stream.keys.has(selectorKey(selector))),
    );
  }

  #fileUnder(key: string, stream: Stream): void {
    const filed = this.#byKey.get(key);
    if (filed === undefined) this.#byKey.set(key, new Set([stream]));
    else filed.add(stream);
  }

  #remove(stream: Stream): void {
    this.#all.delete(stream);
    this.#touched.delete(stream);
    for (const key of stream.keys) {
      const filed = this.#byKey.get(key);
      filed?.delete(stream);
      if (filed?.size === 0) this.#byKey.delete(key);
    }
  }
}

/** Identities and bundles stay the same objects for as long as they are the same. */
const isSameUpdate = (a: WorkloadUpdate, b: WorkloadUpdate | undefined): boolean =>
  b !== undefined &&
  a.bundle === b.bundle &&
  areSame(a.identities, b.identities) &&
  areSame(a.federatedBundles, b.federatedBundles);

const areSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one, at) => one === b[at]);

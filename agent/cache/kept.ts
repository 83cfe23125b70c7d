/**
 * What outlives the agent: the SVIDs, keys and bundles of its entries, so that its next start serves workloads before any
 * server answers. Written a moment after each change, never with JWT-SVIDs; checked as if a stranger had sent it when it
 * is read. Made by start/keep, run by start/engine, wiped by agent.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { AuthorizedEntries } from '../sync/authorized-entries.ts';
import type { Positions } from '../sync/position.ts';
import { Trigger } from '../sync/trigger.ts';
import type { BundleCache } from './bundle-cache.ts';
import { checkKept } from './check-kept.ts';
import { decodeKept, type KeptFor, type KeptState, KeptText } from './kept-text.ts';
import type { SvidCache } from './svid-cache.ts';

/** Implemented by kept-file. */
export interface KeptStore {
  /** Undefined when there is none; throws where it is not ours alone. */
  read(): Uint8Array | undefined;
  /** Whole or not at all. */
  write(bytes: Uint8Array): void;
  remove(): void;
}

export interface KeptParts {
  /** Undefined: nothing is kept. */
  readonly store: KeptStore | undefined;
  /** Undefined while the agent has no SVID. */
  readonly keptFor: () => KeptFor | undefined;
  readonly cache: SvidCache;
  readonly bundles: BundleCache;
  readonly positions: Positions;
  readonly authorized: Pick<AuthorizedEntries, 'adopt'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Changes meanwhile are one writing: 1,000 SVIDs are 1.2 MB, which takes 6 ms, and to read and check them 0.4 s. */
const WRITE_EVERY_MS = 250;
/** A megabyte takes some 4 ms: whatever there is to keep, that takes a twentieth of the time. */
const BYTES_PER_MS = 12_500;
const IDLE_MS = 3_600_000;
/** After a failure: memory that is full may have room again. */
const RETRY_MS = 5_000;

export class Kept {
  readonly #parts: KeptParts;
  readonly #text = new KeptText();
  readonly #changed = new Trigger();
  #isDirty = false;
  #hasFailed = false;
  #isWiped = false;

  constructor(parts: KeptParts) {
    this.#parts = parts;
  }

  /** Something of it is another now. */
  changed(): void {
    this.#isDirty = true;
    this.#changed.poke();
  }

  /** Puts what the last run kept where workloads find it; whether there was anything. What cannot be used is removed. */
  restore(): boolean {
    const { store, log } = this.#parts;
    const keptFor = this.#parts.keptFor();
    if (store === undefined || keptFor === undefined) return false;
    try {
      const bytes = store.read();
      if (bytes === undefined) return false;
      this.#apply(checkKept(decodeKept(keptFor, bytes), this.#parts.clock.now()));
      return true;
    } catch (error) {
      log.warn('what the last run kept is not used: it is removed', { why: messageOf(error) });
      this.#remove();
      return false;
    }
  }

  #apply({ keptAt, position, ownBundle, federatedBundles, entries }: KeptState): void {
    const { cache, bundles, positions, authorized, log } = this.#parts;
    bundles.setOwn(ownBundle);
    bundles.setFederated(federatedBundles);
    positions.advance(position);
    authorized.adopt(
      entries.map(({ entry }) => entry),
      position?.epoch,
    );
    cache.restore(entries, keptAt);
    const count = entries.filter(({ svid }) => svid !== undefined).length;
    log.info('serving what the last run kept until a server answers', { svids: count, keptAt });
  }

  /** Writes after changes, until aborted, and once more then; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#parts;
    if (store === undefined) return;
    try {
      for (;;) {
        await this.#changed.wait(clock, this.#hasFailed ? RETRY_MS : IDLE_MS, signal);
        const bytes = this.#write(store);
        await clock.sleep(Math.max(WRITE_EVERY_MS, bytes / BYTES_PER_MS), signal);
      }
    } catch {
      this.#write(store); // aborted
    }
  }

  /** How many bytes that took. */
  #write(store: KeptStore): number {
    if (!this.#isDirty || this.#isWiped) return 0;
    const keptFor = this.#parts.keptFor();
    const state = this.#state();
    if (keptFor === undefined || state === undefined) return 0;
    this.#isDirty = false;
    try {
      const bytes = this.#text.encode(keptFor, state);
      store.write(bytes);
      this.#succeeded();
      return bytes.length;
    } catch (error) {
      this.#failed(error);
      return 0;
    }
  }

  /** What was kept before stays: it is checked like any other, and of use for as long as its SVIDs are valid. */
  #failed(error: unknown): void {
    this.#isDirty = true;
    if (!this.#hasFailed)
      this.#parts.log.error('SVIDs cannot be kept for the next start: it is tried again', {
        error: messageOf(error),
      });
    this.#hasFailed = true;
  }

  #succeeded(): void {
    if (this.#hasFailed) this.#parts.log.info('SVIDs can be kept for the next start again');
    this.#hasFailed = false;
  }

  /** Undefined while nothing is known of the entries. */
  #state(): KeptState | undefined {
    const { cache, bundles, positions } = this.#parts;
    const { lastSyncAt, keptAt } = cache.syncState();
    const at = lastSyncAt ?? keptAt;
    if (at === undefined) return undefined;
    return {
      keptAt: at,
      position: positions.applied,
      ownBundle: bundles.own,
      federatedBundles: bundles.federated,
      entries: cache.snapshot(),
    };
  }

  /** The server does not honour the agent: nothing is kept from here on, until `resume`. */
  wipe(): void {
    this.#isWiped = true;
    this.#remove();
  }

  /** The server honours the agent again. */
  resume(): void {
    this.#isWiped = false;
  }

  #remove(): void {
    try {
      this.#parts.store?.remove();
    } catch (error) {
      this.#parts.log.error('what was kept cannot be removed', { error: messageOf(error) });
    }
  }
}

/** Takes SVIDs back whose time is over, and gives them again after a clock that ran ahead was set right. Used by svid-cache. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { CachedSvids } from './cached-svids.ts';
import type { HeldEntry } from './held-entry.ts';
import type { AnySvid } from './svid-kind.ts';
import { WallClock } from './wall-clock.ts';

export interface WithdrawalParts<S extends AnySvid, I> {
  readonly svids: CachedSvids<S, I>;
  /** When its SVID is due has to be looked at again. */
  readonly onStale: (held: HeldEntry<S, I>) => void;
  /** Workloads get its SVID no more, or again. */
  readonly onChanged: (held: HeldEntry<S, I>) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Withdrawal<S extends AnySvid, I> {
  readonly #parts: WithdrawalParts<S, I>;
  readonly #wallClock: WallClock;

  constructor(parts: WithdrawalParts<S, I>) {
    this.#parts = parts;
    this.#wallClock = new WallClock(parts.clock);
  }

  /** Takes back what has expired. It stays in the cache until others take its place. */
  withdrawExpired(): readonly HeldEntry<S, I>[] {
    this.heedClock();
    const { svids, clock } = this.#parts;
    const expired = svids.takeExpired(clock.now());
    for (const held of expired) this.#set(held, true);
    return expired;
  }

  /** After the wall clock was set back, what is held is looked at anew: it may be valid again, or not yet. */
  heedClock(): void {
    if (!this.#wallClock.wasSetBack()) return;
    const { svids, onStale, clock, log } = this.#parts;
    const now = clock.now();
    const held = svids.inOrder();
    for (const one of held) onStale(one);
    const again = held.filter((one) => one.wasWithdrawnTooSoon(now));
    for (const one of again) this.#set(one, false);
    if (again.length > 0)
      log.info('SVIDs are valid again by a clock that was set back', { count: again.length });
  }

  #set(held: HeldEntry<S, I>, isWithdrawn: boolean): void {
    held.setWithdrawn(isWithdrawn);
    this.#parts.onChanged(held);
  }
}

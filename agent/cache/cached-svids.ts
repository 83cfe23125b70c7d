/** The entries that have an SVID, and which of them make room when there are too many. Used by svid-cache. */
import { Deadlines } from './deadlines.ts';
import type { HeldEntry } from './held-entry.ts';
import type { AnySvid } from './svid-kind.ts';

export class CachedSvids<S extends AnySvid, I> {
  readonly #inUse = new Set<HeldEntry<S, I>>();
  /** Without streams: longest ago used first, one that never was at the time at which its first SVID came. */
  readonly #idle = new Set<HeldEntry<S, I>>();
  readonly #expiries = new Deadlines<HeldEntry<S, I>>();

  get size(): number {
    return this.#inUse.size + this.#idle.size;
  }

  /** To be called whenever its SVID or its streams have changed. */
  file(held: HeldEntry<S, I>): void {
    const { svid, users, isWithdrawn } = held;
    if (svid === undefined) return this.drop(held);
    if (isWithdrawn) this.#expiries.delete(held);
    else this.#expiries.set(held, svid.expiresAt.getTime());
    const [to, from] = users > 0 ? [this.#inUse, this.#idle] : [this.#idle, this.#inUse];
    from.delete(held);
    to.add(held); // whoever is there keeps his place
  }

  drop(held: HeldEntry<S, I>): void {
    this.#inUse.delete(held);
    this.#idle.delete(held);
    this.#expiries.delete(held);
  }

  /** Those that have to go so that there are `max`: least recently used first, never one in use. */
  surplus(max: number): readonly HeldEntry<S, I>[] {
    const count = Math.min(this.size - max, this.#idle.size);
    return count <= 0 ? [] : this.#idle.values().take(count).toArray();
  }

  /** Next to go first. */
  inOrder(): readonly HeldEntry<S, I>[] {
    return [...this.#idle, ...this.#inUse];
  }

  /** Those that have expired since it was asked last. */
  takeExpired(now: Date): readonly HeldEntry<S, I>[] {
    return this.#expiries.takeDue(now.getTime());
  }

  get nextExpiry(): Date | undefined {
    const { nextMs } = this.#expiries;
    return nextMs === undefined ? undefined : new Date(nextMs);
  }
}

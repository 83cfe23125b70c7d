/**
 * The entries that need an SVID, each filed by what it needs it for, so that who signs is handed the next ones without a
 * search. Used by svid-cache.
 */
import type { Clock } from '../../shared/clock.ts';
import { Deadlines } from './deadlines.ts';
import type { HeldEntry } from './held-entry.ts';
import type { AnySvid } from './svid-kind.ts';

export class WantedSvids<S extends AnySvid, I> {
  /** Streams match it, and it has none, or one of an older state. */
  readonly #urgent = new Set<HeldEntry<S, I>>();
  /** What it has is to be renewed. */
  readonly #routine = new Set<HeldEntry<S, I>>();
  /** Nobody has asked for it yet. */
  readonly #prefetch = new Set<HeldEntry<S, I>>();
  /** To be filed again when their time comes: by the wall, and after failures by the steady clock. */
  readonly #renewals = new Deadlines<HeldEntry<S, I>>();
  readonly #retries = new Deadlines<HeldEntry<S, I>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called whenever something of it has changed. Whether a stream is without the SVID that it should have. */
  file(held: HeldEntry<S, I>): boolean {
    const place = this.#placeOf(held);
    for (const set of [this.#urgent, this.#routine, this.#prefetch]) {
      if (set === place) set.add(held);
      else set.delete(held);
    }
    if (held.retryAtMs !== undefined && this.#isPutOff(held)) this.#retries.set(held, held.retryAtMs);
    else this.#retries.delete(held);
    if (held.renewAt !== undefined && !this.#isRenewalDue(held))
      this.#renewals.set(held, held.renewAt.getTime());
    else this.#renewals.delete(held);
    return place === this.#urgent;
  }

  #placeOf(held: HeldEntry<S, I>): Set<HeldEntry<S, I>> | undefined {
    const { svid, isOutdated, users, isPrefetched } = held;
    if (this.#isPutOff(held)) return undefined;
    if (users > 0 && isOutdated) return this.#urgent;
    if (svid !== undefined) return isOutdated || this.#isRenewalDue(held) ? this.#routine : undefined;
    return isPrefetched ? this.#prefetch : undefined;
  }

  #isPutOff({ retryAtMs }: HeldEntry<S, I>): boolean {
    return retryAtMs !== undefined && retryAtMs > this.#clock.monotonicMs();
  }

  /** One that is not valid yet, since clocks were set back, is due at once: nobody whose clock is as ours believes it. */
  #isRenewalDue({ svid, renewAt }: HeldEntry<S, I>): boolean {
    const now = this.#clock.now();
    return (renewAt !== undefined && renewAt <= now) || (svid !== undefined && now < svid.issuedAt);
  }

  drop(held: HeldEntry<S, I>): void {
    for (const set of [this.#urgent, this.#routine, this.#prefetch]) set.delete(held);
    this.#renewals.delete(held);
    this.#retries.delete(held);
  }

  /**
   * The next ones, at most `limit`; `room`: how many may have one before anybody asks. Those that streams wait for come
   * first, yet others get a place in each batch: nobody can hold up renewals by asking for one SVID after another.
   */
  next(limit: number, room: number): readonly HeldEntry<S, I>[] {
    const due = this.#renewals.takeDue(this.#clock.now().getTime());
    for (const held of [...due, ...this.#retries.takeDue(this.#clock.monotonicMs())]) this.file(held);
    const forRoutine = Math.min(this.#routine.size, Math.floor(limit / ROUTINE_SHARE));
    const urgent = [...this.#urgent.values().take(limit - forRoutine)];
    const routine = [...this.#routine.values().take(limit - urgent.length)];
    const left = Math.min(limit - urgent.length - routine.length, room - this.#urgent.size);
    return [...urgent, ...routine, ...this.#prefetch.values().take(Math.max(0, left))];
  }

  /** Those that streams wait for. */
  get urgent(): readonly HeldEntry<S, I>[] {
    return [...this.#urgent];
  }
}

const ROUTINE_SHARE = 4;

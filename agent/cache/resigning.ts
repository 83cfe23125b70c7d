/**
 * Has SVIDs signed anew whose authority was tainted, or has left the bundle: each once, the tainted ones so many at a time
 * (SPIRE), since every agent does it at the same moment. Used by svid-cache.
 */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Standing } from '../../shared/svid/standing.ts';
import type { HeldEntry } from './held-entry.ts';
import type { AnySvid, SvidKind } from './svid-kind.ts';

const AT_ONCE = 100; // SPIRE: SVIDs of tainted authorities in a batch
const PAUSE_MS = 5_000; // SPIRE: between batches

export interface ResigningParts<S extends AnySvid, I> {
  readonly kind: SvidKind<S, I>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Resigning<S extends AnySvid, I> {
  readonly #parts: ResigningParts<S, I>;
  /** As it was at the last look. */
  #bundle: Bundle | undefined;
  /** When the batch is due that is being filled, by the steady clock. */
  #batchAtMs = Number.NEGATIVE_INFINITY;
  #inBatch = 0;

  constructor(parts: ResigningParts<S, I>) {
    this.#parts = parts;
  }

  /** The bundle is this one now. Those of `held`, what is used least first, that are due earlier than they were. */
  bundleChanged(bundle: Bundle, held: readonly HeldEntry<S, I>[]): readonly HeldEntry<S, I>[] {
    const { kind, log } = this.#parts;
    const before = this.#bundle === undefined ? [] : kind.authorityStates(this.#bundle);
    this.#bundle = bundle;
    const states = new Set(kind.authorityStates(bundle));
    if (before.every((one) => states.has(one))) return []; // new ones have signed nothing yet
    const due = held.toReversed().filter((one) => this.#resign(one, this.#standing(one)));
    if (due.length > 0)
      log.info(`SVIDs are signed anew: their ${kind.name} authority is tainted or revoked`, {
        count: due.length,
      });
    return due;
  }

  /**
   * It has a new SVID, which the bundle vouched for a moment ago. One of a tainted authority is due at once, but not where
   * it took the place of another such: a server that goes on signing by that authority would be asked for ever.
   */
  newSvid(held: HeldEntry<S, I>): void {
    const { kind } = this.#parts;
    const mayBe = this.#bundle !== undefined && kind.hasTaintedAuthority(this.#bundle);
    const isTainted = mayBe && this.#standing(held) === 'tainted';
    if (isTainted) this.#resign(held, 'tainted');
    else held.isResigned = false;
  }

  #standing({ svid }: HeldEntry<S, I>): Standing {
    const bundle = this.#bundle;
    if (svid === undefined || bundle === undefined) return 'good';
    return this.#parts.kind.standingOf(svid, bundle);
  }

  /** Whether its SVID is due earlier than it was. */
  #resign(held: HeldEntry<S, I>, standing: Standing): boolean {
    if (standing === 'good' || (standing === 'tainted' && held.isResigned)) return false;
    held.isResigned = true;
    const waitMs = standing === 'gone' ? 0 : this.#nextBatchMs();
    const at = new Date(this.#parts.clock.now().getTime() + waitMs);
    if (held.renewAt !== undefined && held.renewAt <= at) return false;
    held.renewAt = at;
    return true;
  }

  /** From now until the batch in which there is room for one more. */
  #nextBatchMs(): number {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#batchAtMs + PAUSE_MS <= nowMs) {
      this.#batchAtMs = nowMs;
      this.#inBatch = 0;
    } else if (this.#inBatch === AT_ONCE) {
      this.#batchAtMs += PAUSE_MS;
      this.#inBatch = 0;
    }
    this.#inBatch += 1;
    return Math.max(0, this.#batchAtMs - nowMs);
  }
}

/**
 * Has SVIDs signed anew whose authority was tainted, or has left the bundle: each once, the tainted ones so many at a time
 * (SPIRE), since every agent does it at the same moment. Used by svid-cache.
 */
import type { Bundle, X509Authority } from '../../shared/bundle/bundle.ts';
import { toHex } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type Standing, standingOf } from '../../shared/svid/standing.ts';
import type { HeldEntry } from './held-entry.ts';

const AT_ONCE = 100; // SPIRE: SVIDs of tainted authorities in a batch
const PAUSE_MS = 5_000; // SPIRE: between batches

export class Resigning {
  readonly #clock: Clock;
  readonly #log: Logger;
  /** As they were at the last look. */
  #authorities: readonly X509Authority[] = [];
  /** When the batch is due that is being filled, by the steady clock. */
  #batchAtMs = Number.NEGATIVE_INFINITY;
  #inBatch = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** The bundle is this one now. Those of `held`, what is used least first, that are due earlier than they were. */
  bundleChanged({ x509Authorities }: Bundle, held: readonly HeldEntry[]): readonly HeldEntry[] {
    const before = this.#authorities;
    this.#authorities = x509Authorities;
    const states = new Set(x509Authorities.map(stateOf));
    if (before.every((one) => states.has(stateOf(one)))) return []; // new ones have signed nothing yet
    const due = held.toReversed().filter((one) => this.#resign(one, this.#standing(one)));
    if (due.length > 0)
      this.#log.info('SVIDs are signed anew: their X.509 authority is tainted or revoked', {
        count: due.length,
      });
    return due;
  }

  /**
   * It has a new SVID, which the bundle vouched for a moment ago. One of a tainted authority is due at once, but not where
   * it took the place of another such: a server that goes on signing by that authority would be asked for ever.
   */
  newSvid(held: HeldEntry): void {
    const isTainted = this.#authorities.some(({ tainted }) => tainted) && this.#standing(held) === 'tainted';
    if (isTainted) this.#resign(held, 'tainted');
    else held.isResigned = false;
  }

  #standing({ svid }: HeldEntry): Standing {
    return svid === undefined ? 'good' : standingOf(svid.chain, this.#authorities);
  }

  /** Whether its SVID is due earlier than it was. */
  #resign(held: HeldEntry, standing: Standing): boolean {
    if (standing === 'good' || (standing === 'tainted' && held.isResigned)) return false;
    held.isResigned = true;
    const waitMs = standing === 'gone' ? 0 : this.#nextBatchMs();
    const at = new Date(this.#clock.now().getTime() + waitMs);
    if (held.renewAt !== undefined && held.renewAt <= at) return false;
    held.renewAt = at;
    return true;
  }

  /** From now until the batch in which there is room for one more. */
  #nextBatchMs(): number {
    const nowMs = this.#clock.monotonicMs();
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

const stateOf = ({ certificate, tainted }: X509Authority): string => `${tainted} ${toHex(certificate)}`;

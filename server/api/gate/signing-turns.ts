/**
 * Turns at signing: so many signatures are made at once, as many for one asker as for another, so that the batches of one
 * agent keep nobody waiting; and what would wait too long is refused at once, with when to come again, before memory or
 * answers grow without bound. Beside the limits for each address. Used by the handlers that sign for agents.
 *
 * Fair is whoever got least so far: each asker has a tag, the number of its signatures that were begun, or, after a pause,
 * that of those who are served now; the smallest is next (start-time fair queueing, by askers).
 */
import { setImmediate } from 'node:timers';
import type { Clock } from '../../../shared/clock.ts';
import { unavailable } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/random.ts';
import type { CallContext } from './context.ts';

export interface SigningLimits {
  /** Signatures made at once. */
  readonly together: number;
  /** Signatures that were taken on and are not made yet, of everybody and of one asker. */
  readonly heldMax: number;
  readonly heldMaxEach: number;
  /** How long the last signature of a call may have to wait, by what was measured. */
  readonly waitMaxMs: number;
}

/**
 * DIVERGES: SPIRE signs for whoever comes, however many there are. Agents give an answer 30 s; a CSR and its certificate
 * are some 2 KB: 40 MB.
 */
const LIMITS: SigningLimits = { together: 16, heldMax: 20_000, heldMaxEach: 2_000, waitMaxMs: 10_000 };
const FIRST_GUESS_PER_SECOND = 1_000; // of a slow machine; measured from the first signature on
const LEARNING_SHARE = 0.05;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface SigningTurnsNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: SigningLimits;
}

/** The signatures of one call. */
export interface SigningWork {
  /** Makes so many of them when it is the asker's turn; gives up waiting, with the signal's reason, when aborted first. */
  turn<T>(count: number, signal: AbortSignal, deed: () => Promise<T>): Promise<T>;
  /** What was not made until now will not be. */
  end(): void;
}

interface Waiting {
  readonly count: number;
  readonly begin: () => void;
}

/** An asker with work that was taken on. */
interface Asker {
  readonly key: string;
  held: number;
  readonly waiting: Waiting[];
  tag: number;
  isQueued: boolean;
}

export class SigningTurns {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: SigningLimits;
  readonly #askers = new Map<string, Asker>();
  /** Those with something waiting, by their tags. */
  readonly #queue = new Map<number, Set<Asker>>();
  /** The tag of those who are served now. */
  #now = 0;
  #isLooking = false;
  #held = 0;
  #running = 0;
  #perSecond = FIRST_GUESS_PER_SECOND;

  constructor({ clock, random, limits = LIMITS }: SigningTurnsNeeds) {
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
  }

  /** Signatures that were taken on and are not made yet. */
  get held(): number {
    return this.#held;
  }

  /** Takes on so many signatures. Throws Unavailable, with when to come again, when they would have to wait too long. */
  admit(key: string, count: number): SigningWork {
    const asker = this.#askers.get(key) ?? { key, held: 0, waiting: [], tag: 0, isQueued: false };
    this.#checkRoom(asker, count);
    this.#askers.set(key, asker);
    this.#hold(asker, count);
    let left = count;
    const settle = (made: number): void => {
      const settled = Math.min(made, left);
      left -= settled;
      this.#hold(asker, -settled);
    };
    return {
      turn: async (made, signal, deed) => {
        await this.#wait(asker, made, signal);
        const beganMs = this.#clock.monotonicMs();
        try {
          return await deed();
        } finally {
          this.#learn(this.#clock.monotonicMs() - beganMs);
          this.#running -= made;
          settle(made);
          this.#lookSoon();
        }
      },
      end: () => settle(left),
    };
  }

  /** One signature, by itself. Throws as `admit` and the deed do. */
  async one<T>(context: CallContext, deed: () => Promise<T>): Promise<T> {
    const work = this.admit(askerOf(context), 1);
    try {
      return await work.turn(1, context.call.signal, deed);
    } finally {
      work.end();
    }
  }

  /** What others have waiting counts only as far as it comes before ours: they take turns. */
  #checkRoom(asker: Asker, count: number): void {
    const { heldMax, heldMaxEach, waitMaxMs } = this.#limits;
    const own = asker.held + count;
    const others = Math.min(this.#held - asker.held, this.#askers.size * own);
    const waitMs = ((own + others) / this.#perSecond) * 1_000;
    const isAlone = this.#held === 0; // whoever comes first is always served: else a wrong guess would stay
    if (isAlone || (this.#held + count <= heldMax && own <= heldMaxEach && waitMs <= waitMaxMs)) return;
    throw unavailable('too many signatures are asked for at once, try again later', {
      retryAfterMs: this.#retryAfterMs(waitMs),
    });
  }

  /** Those who are refused together do not come again together. */
  #retryAfterMs(waitMs: number): number {
    const base = Math.min(Math.max(waitMs / 2, RETRY_MIN_MS), RETRY_MAX_MS);
    return Math.round(base * (1 + this.#random.fraction()));
  }

  #hold(asker: Asker, count: number): void {
    asker.held += count;
    this.#held += count;
    if (asker.held === 0) this.#askers.delete(asker.key);
  }

  #wait(asker: Asker, count: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        asker.waiting.splice(asker.waiting.indexOf(waiting), 1);
        reject(signal.reason);
      };
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const waiting: Waiting = { count, begin };
      signal.addEventListener('abort', giveUp, { once: true });
      asker.waiting.push(waiting);
      this.#enqueue(asker);
      this.#startNext();
    });
  }

  #enqueue(asker: Asker): void {
    if (asker.isQueued) return;
    asker.isQueued = true;
    asker.tag = Math.max(asker.tag, this.#now);
    const others = this.#queue.get(asker.tag);
    if (others === undefined) this.#queue.set(asker.tag, new Set([asker]));
    else others.add(asker);
  }

  /** Not at once: whoever has just been served may ask for more, and must not always come behind those who wait. */
  #lookSoon(): void {
    if (this.#isLooking || this.#queue.size === 0) return;
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      this.#startNext();
    });
  }

  #startNext(): void {
    for (let asker = this.#first(); asker !== undefined; asker = this.#first()) {
      const [next] = asker.waiting;
      if (next === undefined || !this.#hasRoom(next.count)) return;
      this.#now = asker.tag;
      this.#unqueue(asker);
      asker.waiting.shift();
      asker.tag += next.count;
      if (asker.waiting.length > 0) this.#enqueue(asker);
      this.#running += next.count;
      next.begin();
    }
  }

  /** Nobody passes who is next, even where there would be room for less. */
  #hasRoom(count: number): boolean {
    return this.#running === 0 || this.#running + count <= this.#limits.together;
  }

  /** Who is next; those that have given up go. No tag is further off than one turn is long. */
  #first(): Asker | undefined {
    for (let tag = this.#now; this.#queue.size > 0; tag += 1) {
      for (const asker of this.#queue.get(tag) ?? []) {
        if (asker.waiting.length > 0) return asker;
        this.#unqueue(asker);
      }
    }
    return undefined;
  }

  #unqueue(asker: Asker): void {
    const askers = this.#queue.get(asker.tag);
    askers?.delete(asker);
    asker.isQueued = false;
    if (askers?.size === 0) this.#queue.delete(asker.tag);
  }

  /** So many at once in that time (Little's law): a moving mean. */
  #learn(tookMs: number): void {
    if (tookMs <= 0) return;
    const measured = (this.#running / tookMs) * 1_000;
    this.#perSecond += (measured - this.#perSecond) * LEARNING_SHARE;
  }
}

/** An agent, or, before there is one, an address. */
export function askerOf({ agent, caller }: CallContext): string {
  if (agent !== undefined) return agent.node.id.toString();
  return caller.kind === 'local' ? caller.kind : `address ${caller.address}`;
}

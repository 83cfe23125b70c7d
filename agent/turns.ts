/**
 * Turns at something that few may do at once, in rotation between those for whom it is done: nobody's work holds up
 * another's. Used by attest-workload/exe-digests, by user, and by cache/jwt-signing, by entry.
 */
import { unavailable } from '../shared/errors.ts';

export interface TurnLimits {
  readonly total: number;
  readonly each: number;
  /** Waiting, of each; default: any number. */
  readonly waitingEach?: number;
}

export class Turns<Key> {
  readonly #limits: TurnLimits;
  readonly #running = new Map<Key, number>();
  /** In the order in which they are next; each has at least one waiting. */
  readonly #waiting = new Map<Key, (() => void)[]>();
  #total = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /**
   * Does `deed` when it is the turn of this one; gives up waiting, with the signal's reason, when aborted first. Throws
   * Unavailable when too many of its deeds are waiting.
   */
  async run<T>(key: Key, signal: AbortSignal, deed: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#isFree(key)) this.#begin(key);
    else await this.#wait(key, signal);
    try {
      return await deed();
    } finally {
      this.#end(key);
    }
  }

  #wait(key: Key, signal: AbortSignal): Promise<void> {
    const own = this.#waiting.get(key) ?? [];
    if (own.length >= (this.#limits.waitingEach ?? Number.POSITIVE_INFINITY))
      throw unavailable('too much is asked for at once');
    this.#waiting.set(key, own);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        own.splice(own.indexOf(begin), 1);
        if (own.length === 0) this.#waiting.delete(key);
        reject(signal.reason);
      };
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      own.push(begin);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  #isFree(key: Key): boolean {
    return this.#total < this.#limits.total && (this.#running.get(key) ?? 0) < this.#limits.each;
  }

  #begin(key: Key): void {
    this.#total += 1;
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  #end(key: Key): void {
    this.#total -= 1;
    const left = (this.#running.get(key) ?? 1) - 1;
    if (left === 0) this.#running.delete(key);
    else this.#running.set(key, left);
    for (const [next, own] of this.#waiting) {
      if (!this.#isFree(next)) continue;
      const begin = own.shift();
      this.#waiting.delete(next);
      if (own.length > 0) this.#waiting.set(next, own); // behind the others
      this.#begin(next);
      begin?.();
      return;
    }
  }
}

/** Turns at something that few may do at once, in rotation between users: no user's work holds up another's. Used by exe-digests. */

export interface TurnLimits {
  readonly total: number;
  readonly perUid: number;
}

export class Turns {
  readonly #limits: TurnLimits;
  readonly #running = new Map<number, number>();
  /** Users in the order in which they are next; each has at least one waiting. */
  readonly #waiting = new Map<number, (() => void)[]>();
  #total = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Does `deed` when it is this user's turn; gives up waiting, with the signal's reason, when aborted first. */
  async run<T>(uid: number, signal: AbortSignal, deed: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#isFree(uid)) this.#begin(uid);
    else await this.#wait(uid, signal);
    try {
      return await deed();
    } finally {
      this.#end(uid);
    }
  }

  #wait(uid: number, signal: AbortSignal): Promise<void> {
    const own = this.#waiting.get(uid) ?? [];
    this.#waiting.set(uid, own);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        own.splice(own.indexOf(begin), 1);
        if (own.length === 0) this.#waiting.delete(uid);
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

  #isFree(uid: number): boolean {
    return this.#total < this.#limits.total && (this.#running.get(uid) ?? 0) < this.#limits.perUid;
  }

  #begin(uid: number): void {
    this.#total += 1;
    this.#running.set(uid, (this.#running.get(uid) ?? 0) + 1);
  }

  #end(uid: number): void {
    this.#total -= 1;
    const left = (this.#running.get(uid) ?? 1) - 1;
    if (left === 0) this.#running.delete(uid);
    else this.#running.set(uid, left);
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

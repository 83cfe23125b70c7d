/** Bounds how much of something all callers, and one user's callers, may hold at once. Used by accept and gate. */
import { readFileSync } from 'node:fs';

export interface Limits {
  readonly total: number;
  readonly perUid: number;
}

export class Shares {
  readonly #limits: Limits;
  readonly #heldBy = new Map<number, number>();
  #held = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get held(): number {
    return this.#held;
  }

  heldBy(uid: number): number {
    return this.#heldBy.get(uid) ?? 0;
  }

  /** A function that gives the share back, once; undefined when all or this user's are taken. */
  take(uid: number): (() => void) | undefined {
    const own = this.heldBy(uid);
    // Of what the others leave, half: several users together must not take everything either.
    const left = Math.ceil((this.#limits.total - (this.#held - own)) / 2);
    if (own >= Math.min(left, this.#limits.perUid)) return undefined;
    this.#held += 1;
    this.#heldBy.set(uid, own + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#giveBack(uid);
      isHeld = false;
    };
  }

  #giveBack(uid: number): void {
    this.#held -= 1;
    const left = (this.#heldBy.get(uid) ?? 1) - 1;
    if (left === 0) this.#heldBy.delete(uid);
    else this.#heldBy.set(uid, left);
  }
}

const DESCRIPTORS_EACH = 3; // socket, pidfd, /proc directory
const DESCRIPTORS_KEPT = 256; // for the rest of the agent
const CONNECTIONS_MAX = 20_000; // 40 KB of memory each

/**
 * As many connections as this process may have descriptors for; one user's processes may hold half of what the others leave.
 *
 * DIVERGES: SPIRE's agent sets no limits: one workload could keep all others from it.
 */
export function connectionLimits(maxDescriptors: number): Limits {
  const fitting = Math.floor((maxDescriptors - DESCRIPTORS_KEPT) / DESCRIPTORS_EACH);
  const total = Math.min(Math.max(fitting, 16), CONNECTIONS_MAX);
  return { total, perUid: Math.ceil(total / 2) };
}

const CALLS_PER_CONNECTION = 4; // a client holds one stream per kind of document

export const callLimits = ({ total, perUid }: Limits): Limits => ({
  total: total * CALLS_PER_CONNECTION,
  perUid: perUid * CALLS_PER_CONNECTION,
});

/** The soft limit of open files of this process (proc_pid_limits(5)). */
export function maxDescriptors(): number {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return limit === undefined ? 1_024 : limit === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(limit);
}

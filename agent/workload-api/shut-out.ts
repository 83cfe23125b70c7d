/**
 * Closes the socket to users who keep the agent busy, for a while: by its access control list, so that the kernel turns
 * them away. To drop their connections is not enough: one process fills the kernel's queue faster than it is emptied, and
 * where it is full nobody gets in. Not for root, also that of containers, whom no such list binds. Used by accept for
 * those who connect without pause, by listen for those who send so.
 */
import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Rates } from '../rates.ts';
import { aclOfAllBut } from './socket-acl.ts';

export interface ShutOutDeps {
  /** Sets the access control list of the socket; throws where the file system has none. */
  readonly setAcl: (acl: Uint8Array) => void;
  /** The owner of the socket is never shut out: its health check comes in here. */
  readonly ownUid: number;
  /** How often each user may connect: who comes back gets no burst for having been away. */
  readonly rates: Pick<Rates, 'empty'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const DROPPED_MAX = 2_000; // in a period: clients wait a second before they try again, so it takes thousands of them
const PERIOD_MS = 1_000;
const SHUT_OUT_MS = 5_000;
const USERS_MAX = 64; // a list that fits every file system

export class ShutOut {
  readonly #deps: ShutOutDeps;
  readonly #dropped = new Map<number, number>();
  readonly #shut = new Set<number>();
  readonly #stopped = new AbortController();
  #periodBeganMs = 0;
  #count = 0;
  #isPossible = true;

  constructor(deps: ShutOutDeps) {
    this.#deps = deps;
  }

  /** A connection of this user was dropped, because there are too many. */
  dropped(uid: number): void {
    const nowMs = this.#deps.clock.now().getTime();
    if (Math.abs(nowMs - this.#periodBeganMs) >= PERIOD_MS) {
      this.#periodBeganMs = nowMs; // clocks are set back, too
      this.#dropped.clear();
    }
    const count = (this.#dropped.get(uid) ?? 0) + 1;
    this.#dropped.set(uid, count);
    if (count === DROPPED_MAX) this.keepOut(uid, 'connects without pause');
  }

  stop(): void {
    this.#stopped.abort(new Error('the socket is gone'));
  }

  /** Now, whatever was counted. */
  keepOut(uid: number, why: string): void {
    const { ownUid, rates, clock } = this.#deps;
    if (!this.#isPossible || uid === ownUid || this.#shut.has(uid) || this.#shut.size >= USERS_MAX) return;
    this.#shut.add(uid);
    if (!this.#apply()) return;
    this.#tell(uid, why);
    const letInAgain = (): void => {
      rates.empty(uid);
      this.#shut.delete(uid);
      this.#apply();
    };
    void clock.sleep(SHUT_OUT_MS, this.#stopped.signal).then(letInAgain, () => {});
  }

  #apply(): boolean {
    try {
      this.#deps.setAcl(aclOfAllBut(this.#shut));
    } catch (error) {
      this.#isPossible = false;
      this.#deps.log.warn('users who keep the Workload API busy cannot be kept out', {
        error: messageOf(error),
      });
    }
    return this.#isPossible;
  }

  /** The first, second, fourth, eighth … time: it may go on for long. */
  #tell(uid: number, why: string): void {
    this.#count += 1;
    if (!Number.isInteger(Math.log2(this.#count))) return;
    const fields = { uid, why, seconds: SHUT_OUT_MS / 1_000, count: this.#count };
    this.#deps.log.warn('a user is kept out of the Workload API', fields);
  }
}

/**
 * Knows when a database has stopped answering without breaking its connections, as a machine does that hangs. Then one
 * caller at a time may try; the others are told at once, and wait for nothing. Used by database.ts.
 */
import { monotonicMs } from '../../shared/clock.ts';
import { type CodedError, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';

/** One caller's try. */
export interface Try {
  /** Something came back, an error of the database too. */
  answered(): void;
  /** Nothing came in time. */
  unanswered(): void;
  /** To be called at the end, whatever came of it. */
  end(): void;
}

/** Somebody waits for so long, and nobody had an answer meanwhile. A database that is merely busy answers polls. */
const SILENT_AFTER_MS = 3_000;
/** How long that has to be seen: answers may be here that a busy event loop has not come to yet. */
const SURE_AFTER_MS = 500;

export class Silence {
  readonly #log: Logger;
  readonly #nowMs: () => number;
  /** When each began, the oldest first. */
  readonly #tries = new Map<Try, number>();
  #answeredMs = Number.NEGATIVE_INFINITY;
  #suspectedMs = Number.NEGATIVE_INFINITY;
  #isSilent = false;

  constructor(log: Logger, nowMs: () => number = monotonicMs) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Throws Unavailable while the database is silent and somebody else tries. */
  begin(): Try {
    const startedMs = this.#nowMs();
    this.#listen(startedMs);
    if (this.#isSilent && this.#tries.size > 0) throw silent();
    const one: Try = {
      answered: () => this.#answered(),
      unanswered: () => {
        if (this.#answeredMs <= startedMs) this.#fallSilent(startedMs);
      },
      end: () => void this.#tries.delete(one),
    };
    this.#tries.set(one, startedMs);
    return one;
  }

  #listen(nowMs: number): void {
    const [oldestMs] = this.#tries.values();
    if (oldestMs === undefined) return;
    const sinceMs = Math.max(oldestMs, this.#answeredMs);
    if (nowMs - sinceMs <= SILENT_AFTER_MS) return;
    if (this.#suspectedMs < sinceMs) this.#suspectedMs = nowMs;
    else if (nowMs - this.#suspectedMs >= SURE_AFTER_MS) this.#fallSilent(sinceMs);
  }

  #answered(): void {
    this.#answeredMs = this.#nowMs();
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#log.info('database answers again');
  }

  #fallSilent(sinceMs: number): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#log.error('database does not answer: calls that need it fail at once until it does', {
      silentSeconds: Math.round((this.#nowMs() - sinceMs) / 1_000),
    });
  }
}

const silent = (): CodedError => unavailable('database does not answer', { reason: 'DATABASE_UNAVAILABLE' });

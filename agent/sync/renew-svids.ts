/**
 * Gets SVIDs for workloads, of one kind: a fresh key for each, in batches, checked before they are put into the cache. The SVID
 * that a workload has stays until the next one is there. Run by start/engine.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { internal, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { AgentEntry } from '../cache/agent-entry.ts';
import type { HeldSvid } from '../cache/x509-kind.ts';
import type { SvidCache } from '../cache/svid-cache.ts';
import type { AnySvid } from '../cache/svid-kind.ts';
import type { Identity } from '../cache/workload-identities.ts';
import { hintedDelayMs } from '../retry-delay.ts';
import type { SvidSigning } from './svid-signing.ts';
import { Trigger } from './trigger.ts';

export interface SvidRenewalParts<S extends AnySvid, I> {
  readonly cache: SvidCache<S, I>;
  readonly signing: SvidSigning<S>;
  readonly onFailed: (error: unknown) => void;
  /** The server answered again after it did not. */
  readonly onRecovered: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const CHECK_MS = 5_000; // SPIRE: looks for what is due at each sync
const BACKOFF = { initialMs: 500, maxMs: 240_000 }; // SPIRE: SVID sync interval and its longest backoff
const RETRY_MIN_MS = 500;
const PATIENCE_MS = 2_000; // a server that is only busy answers within a second (its rate limit)
const CHECKS_PER_TURN = 32; // each takes some 0.2 ms

export class SvidRenewal<S extends AnySvid = HeldSvid, I = Identity> {
  readonly #parts: SvidRenewalParts<S, I>;
  readonly #wanted = new Trigger();
  #batchLimit: number;

  constructor(parts: SvidRenewalParts<S, I>) {
    this.#parts = parts;
    this.#batchLimit = parts.signing.batchMax;
  }

  /** Something may need an SVID: look soon. */
  wake(): void {
    this.#wanted.poke();
  }

  /** Looks when woken and every few seconds, until aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, log, onFailed, onRecovered } = this.#parts;
    const backoff = new Backoff(random, BACKOFF);
    let hasFailed = false;
    while (!signal.aborted) {
      try {
        if (await this.renewAll(signal)) {
          backoff.reset();
          if (hasFailed) onRecovered();
          hasFailed = false;
        }
        await this.#wanted.wait(clock, CHECK_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        hasFailed = true;
        const hintMs = hintedDelayMs(error, random);
        const retryAfterMs = Math.max(backoff.next(), hintMs);
        log.error('failed to get SVIDs', { error: messageOf(error), retryAfterMs: Math.round(retryAfterMs) });
        onFailed(error);
        const leastMs = Math.max(RETRY_MIN_MS, hintMs);
        await this.#pause(retryAfterMs, leastMs, signal).catch(() => {});
      }
    }
  }

  /** A wake-up cuts the pause short, yet not to less than this: many workloads may ask while the server is away, or busy. */
  async #pause(ms: number, leastMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    await clock.sleep(Math.min(ms, leastMs), signal);
    await this.#wanted.wait(clock, Math.max(0, ms - leastMs), signal);
  }

  /**
   * Gets every SVID that is needed now; resolves with whether there was any. Rejects when the server could not be asked;
   * what was got until then is kept.
   */
  async renewAll(signal: AbortSignal): Promise<boolean> {
    const { cache, signing } = this.#parts;
    for (let hasAny = false; ; hasAny = true) {
      const batch = cache.wanted(this.#batchLimit); // looked at again after each: entries and workloads come and go
      if (batch.length === 0) return hasAny;
      signal.throwIfAborted();
      try {
        await this.#renewBatch(batch, signal);
      } catch (error) {
        this.#batchLimit = Math.max(1, Math.floor(this.#batchLimit / 2));
        cache.svidsPostponed();
        throw error;
      }
      this.#batchLimit = Math.min(signing.batchMax, this.#batchLimit * 2);
    }
  }

  async #renewBatch(batch: readonly AgentEntry[], signal: AbortSignal): Promise<void> {
    const { signing, cache, log } = this.#parts;
    const requests = await signing.prepare(batch);
    const results = await this.#inPatience(requests.send(signal), signal);
    const { good, failed } = await this.#acceptAll(batch, results);
    cache.putSvids(good);
    cache.svidsFailed(failed);
    if (good.length > 0) log.debug('SVIDs renewed', { count: good.length });
  }

  /** Whoever waits for an SVID and has others gets those, once the server takes long. */
  async #inPatience<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    const { clock, cache } = this.#parts;
    const answered = new AbortController();
    clock.sleep(PATIENCE_MS, AbortSignal.any([signal, answered.signal])).then(
      () => cache.svidsPostponed(),
      () => {}, // it was answered
    );
    try {
      return await answer;
    } finally {
      answered.abort();
    }
  }

  /** One that is bad spoils none of the others. */
  async #acceptAll(
    batch: readonly AgentEntry[],
    results: readonly (() => S)[],
  ): Promise<{ readonly good: S[]; readonly failed: AgentEntry[] }> {
    const good: S[] = [];
    const failed: AgentEntry[] = [];
    for (const [at, entry] of batch.entries()) {
      if (at > 0 && at % CHECKS_PER_TURN === 0) await nextRound();
      try {
        const accept = results[at];
        if (accept === undefined) throw internal('server gave no answer');
        good.push(accept());
      } catch (error) {
        const { id, spiffeId } = entry;
        this.#parts.log.warn('no SVID for an entry', {
          entryId: id,
          spiffeId: spiffeId.toString(),
          error: messageOf(error),
        });
        failed.push(entry);
      }
    }
    return { good, failed };
  }
}

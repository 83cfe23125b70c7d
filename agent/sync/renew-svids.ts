/**
 * Gets X.509-SVIDs for workloads: a fresh key for each, in batches, checked before they are put into the cache. The SVID
 * that a workload has stays until the next one is there. Run by start/engine.
 */
import type { KeyObject } from 'node:crypto';
import { setImmediate as nextRound } from 'node:timers/promises';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import { generateKeyPair, keySigner, privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import type { KeyType } from '../../shared/crypto/signer.ts';
import { internal, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { AgentEntry } from '../cache/agent-entry.ts';
import type { BundleCache } from '../cache/bundle-cache.ts';
import type { HeldSvid } from '../cache/held-entry.ts';
import type { SvidCache } from '../cache/svid-cache.ts';
import { hintedDelayMs } from '../retry-delay.ts';
import { isTargetOutOfReach } from '../renewal-time.ts';
import { checkIssued } from './check-issued.ts';
import { mapLimited } from './map-limited.ts';
import { Trigger } from './trigger.ts';

export interface SvidRequest {
  readonly entryId: string;
  /** PKCS#10, DER. */
  readonly csr: Uint8Array;
}

export type SvidResult =
  | { readonly ok: true; readonly chain: readonly Uint8Array[] }
  | { readonly ok: false; readonly message: string };

/** Implemented by server-link/svid-client. */
export interface SvidIssuer {
  /** BatchNewX509SVID: a result for each request, in order. */
  newX509Svids(requests: readonly SvidRequest[], signal: AbortSignal): Promise<readonly SvidResult[]>;
}

export interface SvidRenewalParts {
  readonly cache: SvidCache;
  readonly bundles: BundleCache;
  readonly issuer: SvidIssuer;
  readonly keyType: KeyType;
  readonly availabilityTargetSeconds: number | undefined;
  readonly onFailed: (error: unknown) => void;
  /** The server answered again after it did not. */
  readonly onRecovered: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const CHECK_MS = 5_000; // SPIRE: looks for what is due at each sync
/**
 * SPIRE has at most 500 in a request. A workload that comes while a batch is on its way waits for it: so many take a tenth
 * of a second, most of which goes into the keys where they are RSA.
 */
const BATCH_MAX: Readonly<Record<KeyType, number>> = {
  'ec-p256': 100,
  'ec-p384': 50,
  'rsa-2048': 4,
  'rsa-4096': 1,
};
const BACKOFF = { initialMs: 500, maxMs: 240_000 }; // SPIRE: SVID sync interval and its longest backoff
const RETRY_MIN_MS = 500;
const PATIENCE_MS = 2_000; // a server that is only busy answers within a second (its rate limit)
const KEYS_AT_ONCE = 4; // as many as libuv has threads
const CHECKS_PER_TURN = 32; // each takes some 0.2 ms

interface Pending {
  readonly entry: AgentEntry;
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array;
  readonly csr: Uint8Array;
}

export class SvidRenewal {
  readonly #parts: SvidRenewalParts;
  readonly #wanted = new Trigger();
  #batchLimit: number;
  #hasWarnedOfTarget = false;

  constructor(parts: SvidRenewalParts) {
    this.#parts = parts;
    this.#batchLimit = BATCH_MAX[parts.keyType];
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
    const { cache, keyType } = this.#parts;
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
      this.#batchLimit = Math.min(BATCH_MAX[keyType], this.#batchLimit * 2);
    }
  }

  async #renewBatch(batch: readonly AgentEntry[], signal: AbortSignal): Promise<void> {
    const { issuer, cache, log } = this.#parts;
    const pending = await mapLimited(batch, KEYS_AT_ONCE, (entry) => this.#prepare(entry));
    const requests = pending.map(({ entry, csr }) => ({ entryId: entry.id, csr }));
    const results = await this.#inPatience(issuer.newX509Svids(requests, signal), signal);
    if (results.length !== pending.length)
      throw internal(`server gave ${results.length} answers to ${pending.length} requests for SVIDs`);
    const { good, failed } = await this.#checkAll(pending, results);
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

  async #prepare(entry: AgentEntry): Promise<Pending> {
    const { privateKey } = await generateKeyPair(this.#parts.keyType);
    const signer = keySigner(privateKey);
    return {
      entry,
      privateKey,
      publicKey: signer.publicKey,
      csr: await buildCsr(signer, { spiffeId: entry.spiffeId }),
    };
  }

  /** One that is bad spoils none of the others. */
  async #checkAll(
    pending: readonly Pending[],
    results: readonly SvidResult[],
  ): Promise<{ readonly good: HeldSvid[]; readonly failed: AgentEntry[] }> {
    const good: HeldSvid[] = [];
    const failed: AgentEntry[] = [];
    for (const [at, one] of pending.entries()) {
      if (at > 0 && at % CHECKS_PER_TURN === 0) await nextRound();
      try {
        good.push(this.#accept(one, results[at]));
      } catch (error) {
        const { id, spiffeId } = one.entry;
        this.#parts.log.warn('no SVID for an entry', {
          entryId: id,
          spiffeId: spiffeId.toString(),
          error: messageOf(error),
        });
        failed.push(one.entry);
      }
    }
    return { good, failed };
  }

  #accept({ entry, privateKey, publicKey }: Pending, result: SvidResult | undefined): HeldSvid {
    if (result === undefined) throw internal('server gave no answer');
    if (!result.ok) throw internal(`server refused it: ${result.message}`);
    const { bundles, clock } = this.#parts;
    const svid = checkIssued({
      chain: result.chain,
      entry,
      publicKey,
      authorities: (trustDomain) => bundles.authorities(trustDomain),
      at: clock.now(),
    });
    this.#warnOfTarget(svid);
    return {
      entry,
      spiffeId: svid.id,
      chain: result.chain,
      privateKey: privateKeyToPkcs8(privateKey),
      issuedAt: svid.issuedAt,
      expiresAt: svid.expiresAt,
    };
  }

  #warnOfTarget(validity: { readonly issuedAt: Date; readonly expiresAt: Date }): void {
    const { availabilityTargetSeconds, log } = this.#parts;
    if (this.#hasWarnedOfTarget || !isTargetOutOfReach(validity, availabilityTargetSeconds)) return;
    this.#hasWarnedOfTarget = true;
    log.warn('SVIDs are too short-lived for availability_target: renewing at half of their life', {
      availabilityTargetSeconds,
    });
  }
}

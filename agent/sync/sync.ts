/**
 * Keeps the agent's picture of the world up to date: one round fetches entries, then bundles, then puts both into the
 * cache and has what is needed signed. A round runs when the server says that something changed, else by the clock.
 * Run by start/engine.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError, messageOf, withContext } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { jittered, type Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { AgentEntry } from '../cache/agent-entry.ts';
import type { BundleCache } from '../cache/bundle-cache.ts';
import type { SvidCache } from '../cache/svid-cache.ts';
import type { AuthorizedEntries } from './authorized-entries.ts';
import { mapLimited } from './map-limited.ts';
import type { Positions } from './position.ts';
import { Trigger } from './trigger.ts';
import type { Hint } from './watch.ts';

/** Implemented by server-link/bundle-client. */
export interface BundleSource {
  /** The agent's own trust domain's. */
  getBundle(): Promise<Bundle>;
  /** Rejects with NotFound where the server holds none. */
  getFederatedBundle(trustDomain: TrustDomain): Promise<Bundle>;
}

/** What a round brings goes there. */
export type SyncedCache = Pick<SvidCache, 'apply' | 'syncSucceeded' | 'syncFailed'>;

export interface SyncParts {
  readonly entries: AuthorizedEntries;
  readonly bundleSource: BundleSource;
  readonly cache: SyncedCache;
  readonly bundles: BundleCache;
  readonly positions: Positions;
  /** Entries or bundles may be new: what needs an SVID should get it. */
  readonly onApplied: () => void;
  /** The own bundle changed: to be kept for the next start. */
  readonly onBundle: (bundle: Bundle) => void;
  readonly onFailed: (error: unknown) => void;
  /** A round succeeded after one that did not. */
  readonly onRecovered: () => void;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const JITTER = 0.1; // SPIRE: each round, give or take a tenth
const BACKOFF_MAX_MS = 480_000; // SPIRE: 8 minutes, or
const BACKOFF_MAX_INTERVALS = 48; // as many intervals, whichever is shorter
/** While the server pushes, for the case that a hint was lost. */
const PUSHED_INTERVAL_MS = 60_000;
/** After a failure no hint makes the next attempt come sooner than this. */
const RETRY_MIN_MS = 500;
const FEDERATED_AT_ONCE = 10; // SPIRE: workers that fetch federated bundles

export class Synchronizer {
  readonly #parts: SyncParts;
  readonly #changed = new Trigger();
  readonly #backoff: Backoff;
  #latestHint: Hint | undefined;
  /** A hint came after the last round began. */
  #isHinted = false;
  #isPushing = false;
  #hasFailed = false;
  #nextAtMs = 0;
  #lastRoundAtMs = 0;

  constructor(parts: SyncParts) {
    this.#parts = parts;
    const { intervalMs } = parts;
    const maxMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MAX_INTERVALS * intervalMs);
    this.#backoff = new Backoff(parts.random, { initialMs: intervalMs, maxMs, jitter: JITTER });
  }

  /** The server said how far it is: reason for a round where that is news, or the last round failed. */
  hint(hint: Hint): void {
    this.#parts.positions.saw(hint.position);
    this.#latestHint = hint;
    this.#isHinted = true;
    this.#changed.poke();
  }

  /** Another call was answered: after a failed round, reason to try again. */
  serverAnswered(): void {
    this.#isHinted = true;
    this.#changed.poke();
  }

  /** With a server that pushes, rounds by the clock are rare. */
  setPushing(isPushing: boolean): void {
    this.#isPushing = isPushing;
    if (!this.#hasFailed) this.#nextAtMs = Math.min(this.#nextAtMs, this.#regularAtMs());
    this.#changed.poke();
  }

  /** One round; rejects with what failed, and the cache then is as before it. */
  async round(signal: AbortSignal): Promise<void> {
    const { cache, onRecovered, clock } = this.#parts;
    this.#isHinted = false;
    this.#lastRoundAtMs = this.#nowMs();
    try {
      await this.#fetchAndApply(signal);
    } catch (error) {
      this.#hasFailed = true;
      this.#nextAtMs = this.#nowMs() + this.#backoff.next();
      cache.syncFailed(messageOf(error));
      throw error;
    }
    cache.syncSucceeded(clock.now());
    this.#backoff.reset();
    if (this.#hasFailed) onRecovered();
    this.#hasFailed = false;
    this.#nextAtMs = this.#regularAtMs();
  }

  /** Rounds until aborted; never rejects. The first one is the caller's. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      const waitMs = this.#dueAtMs() - this.#nowMs();
      if (waitMs <= 0) await this.#tryRound(signal);
      else await this.#changed.wait(clock, waitMs, signal).catch(() => {});
    }
  }

  async #tryRound(signal: AbortSignal): Promise<void> {
    const { log, onFailed } = this.#parts;
    try {
      await this.round(signal);
    } catch (error) {
      if (signal.aborted) return;
      const retryAfterMs = Math.round(this.#nextAtMs - this.#nowMs());
      log.error('synchronisation failed', { error: messageOf(error), retryAfterMs });
      onFailed(error);
    }
  }

  #dueAtMs(): number {
    if (!this.#isHinted) return this.#nextAtMs;
    if (this.#hasFailed) return Math.min(this.#nextAtMs, this.#lastRoundAtMs + RETRY_MIN_MS);
    return this.#isNews() ? this.#nowMs() : this.#nextAtMs;
  }

  /** Whether the server's last word is of something that the last round did not bring. */
  #isNews(): boolean {
    const { positions, bundles } = this.#parts;
    const hint = this.#latestHint;
    if (hint === undefined) return false;
    const { applied } = positions;
    const isApplied =
      applied !== undefined && applied.epoch === hint.position.epoch && applied.n >= hint.position.n;
    return !isApplied || hint.bundleSequence !== bundles.own.sequenceNumber;
  }

  async #fetchAndApply(signal: AbortSignal): Promise<void> {
    const { entries: authorized, bundleSource, cache, bundles, onApplied, onBundle } = this.#parts;
    const entries = await authorized.fetch(signal).catch((error: unknown) => {
      throw withContext('failed to fetch authorized entries', error);
    });
    const own = await bundleSource.getBundle().catch((error: unknown) => {
      throw withContext('failed to fetch the bundle', error);
    });
    const federated = await this.#fetchFederated(entries, signal);
    if (bundles.setOwn(own)) onBundle(own);
    bundles.setFederated(federated);
    cache.apply(entries);
    onApplied();
  }

  /** Those that the server holds; one that it does not hold is no failure, one that could not be fetched stays as it is. */
  async #fetchFederated(entries: readonly AgentEntry[], signal: AbortSignal): Promise<readonly Bundle[]> {
    const { bundles, bundleSource, log } = this.#parts;
    const names = new Set(entries.flatMap((entry) => entry.federatesWith));
    const found = await mapLimited([...names], FEDERATED_AT_ONCE, async (trustDomain) => {
      signal.throwIfAborted();
      try {
        return await bundleSource.getFederatedBundle(trustDomain);
      } catch (error) {
        log.warn('no bundle of a federated trust domain', {
          trustDomain: trustDomain.name,
          error: messageOf(error),
        });
        const isGone = error instanceof CodedError && error.code === Code.notFound;
        return isGone ? undefined : bundles.find(trustDomain);
      }
    });
    return found.filter((bundle) => bundle !== undefined);
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }

  #regularAtMs(): number {
    const { intervalMs, random } = this.#parts;
    const periodMs = this.#isPushing ? Math.max(PUSHED_INTERVAL_MS, intervalMs) : intervalMs;
    return this.#nowMs() + jittered(random, periodMs, JITTER);
  }
}

/** The trust domain's own bundle in memory: what handlers answer with and peers are verified against. */
import { Backoff } from '../../shared/backoff.ts';
import type { Bundle, X509Authority } from '../../shared/bundle/bundle.ts';
import { isSameBundle } from '../../shared/bundle/same-bundle.ts';
import { type Clock, every } from '../../shared/clock.ts';
import { messageOf, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Part } from '../../shared/tasks.ts';
import { FreshRun } from '../entries/fresh-run.ts';
import type { BundleStore } from './bundle-store.ts';

const POLL_MS = 1_000; // hints may be lost
const RETRY_MAX_MS = 10_000;

export interface BundleCacheNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly bundles: BundleStore;
  readonly trustDomain: TrustDomain;
}

export class BundleCache implements Part {
  readonly name = 'bundle cache';
  readonly #needs: BundleCacheNeeds;
  readonly #retry: Backoff;
  readonly #listeners = new Set<(bundle: Bundle) => void>();
  readonly #reads = new FreshRun(() => this.#read());
  #bundle: Bundle | undefined;
  #confirmedAt: Date | undefined;
  #isFailing = false;
  #loop: Promise<void> = Promise.resolve();
  #forgetHints = (): void => {};

  constructor(needs: BundleCacheNeeds) {
    this.#needs = needs;
    this.#retry = new Backoff(needs.random, { initialMs: POLL_MS, maxMs: RETRY_MAX_MS });
  }

  /** Reads the bundle, then keeps it fresh until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#refreshOrLog();
    this.#forgetHints = this.#needs.bundles.onHint(() => void this.#refreshOrLog());
    const delayMs = (): number => (this.#isFailing ? this.#retry.next() : POLL_MS);
    this.#loop = every({ clock: this.#needs.clock, ms: delayMs, signal }, () => this.#refreshOrLog());
  }

  async stop(): Promise<void> {
    this.#forgetHints();
    await this.#loop;
  }

  /** The bundle as last read; throws Unavailable when there was none yet. */
  current(): Bundle {
    if (this.#bundle === undefined) throw unavailable('server is initializing');
    return this.#bundle;
  }

  /** When `current` was last known to be what the store holds; undefined before the first reading. */
  get confirmedAt(): Date | undefined {
    return this.#confirmedAt;
  }

  /** What verifies a certificate chain of this trust domain: none for a domain whose bundle is not held. */
  authoritiesOf(trustDomain: TrustDomain): readonly X509Authority[] {
    return this.#needs.trustDomain.equals(trustDomain) ? (this.#bundle?.x509Authorities ?? []) : [];
  }

  /** Called with each new bundle. Returns the way to stop. */
  onChange(listener: (bundle: Bundle) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the store now; what was written before the call is in `current` when it resolves. Throws as the store does. */
  refresh(): Promise<void> {
    return this.#reads.run();
  }

  async #read(): Promise<void> {
    const { clock, bundles, trustDomain } = this.#needs;
    const askedAt = clock.now();
    const found = await bundles.find(trustDomain);
    this.#confirmedAt = askedAt;
    if (found === undefined || (this.#bundle !== undefined && isSameBundle(this.#bundle, found))) return;
    this.#replace(found);
  }

  #replace(bundle: Bundle): void {
    const { log } = this.#needs;
    const before = this.#bundle;
    if (before !== undefined && bundle.sequenceNumber <= before.sequenceNumber) {
      log.warn('bundle went back: the database lost changes', {
        from: before.sequenceNumber,
        to: bundle.sequenceNumber,
      });
    }
    this.#bundle = bundle;
    for (const listener of this.#listeners) listener(bundle);
  }

  async #refreshOrLog(): Promise<void> {
    const { log } = this.#needs;
    try {
      await this.refresh();
      if (this.#isFailing) log.info('bundle can be read again');
      this.#isFailing = false;
      this.#retry.reset();
    } catch (error) {
      if (!this.#isFailing)
        log.warn('bundle cannot be read: the last one stays in use', { error: messageOf(error) });
      this.#isFailing = true;
    }
  }
}

/** The trust domain's own bundle in memory: what handlers answer with and peers are verified against. */
import { Backoff } from '../../shared/backoff.ts';
import type { Bundle, TokenAuthority, X509Authority } from '../../shared/bundle/bundle.ts';
import { bytesEqual } from '../../shared/bytes.ts';
import { type Clock, every } from '../../shared/clock.ts';
import { messageOf, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Part } from '../../shared/tasks.ts';
import type { BundleStore } from './bundle-store.ts';

const POLL_MS = 1_000; // design D3: hints may be lost, a poll each second is the fallback
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
  #bundle: Bundle | undefined;
  #confirmedAt: Date | undefined;
  #isFailing = false;
  #reading: Promise<void> | undefined;
  #nextReading: Promise<void> | undefined;
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
    this.#loop = every(this.#needs.clock, delayMs, signal, () => this.#refreshOrLog());
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
    if (this.#reading === undefined) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
      return this.#reading;
    }
    // The reading under way may have begun too early: one more is made, shared by all who ask meanwhile.
    this.#nextReading ??= this.#reading
      .catch(() => {})
      .then(() => {
        this.#nextReading = undefined;
        return this.refresh();
      });
    return this.#nextReading;
  }

  async #read(): Promise<void> {
    const { clock, bundles, trustDomain } = this.#needs;
    const askedAt = clock.now();
    const found = await bundles.find(trustDomain);
    this.#confirmedAt = askedAt;
    if (found === undefined || (this.#bundle !== undefined && isSame(this.#bundle, found))) return;
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

/** The sequence number alone would not do: after a failover the same number can stand for another bundle. */
const isSame = (a: Bundle, b: Bundle): boolean =>
  a.sequenceNumber === b.sequenceNumber &&
  a.refreshHintSeconds === b.refreshHintSeconds &&
  sameList(a.x509Authorities, b.x509Authorities, (one, other) =>
    bytesEqual(one.certificate, other.certificate),
  ) &&
  sameList(a.jwtAuthorities, b.jwtAuthorities, isSameToken) &&
  sameList(a.witAuthorities, b.witAuthorities, isSameToken);

const isSameToken = (one: TokenAuthority, other: TokenAuthority): boolean =>
  one.keyId === other.keyId && bytesEqual(one.publicKey, other.publicKey);

const sameList = <Item extends { readonly tainted: boolean }>(
  a: readonly Item[],
  b: readonly Item[],
  isEqual: (one: Item, other: Item) => boolean,
): boolean =>
  a.length === b.length &&
  a.every((one, at) => {
    const other = b[at];
    return other !== undefined && one.tainted === other.tainted && isEqual(one, other);
  });

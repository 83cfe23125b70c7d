/** X.509-SVIDs and bundles that keep themselves fresh from the Workload API. */
import { type Clock, systemClock } from '../clock.ts';
import { type CodedError, unavailable } from '../errors.ts';
import type { TrustDomain } from '../spiffe/trust-domain.ts';
import { verifyX509Svid, type X509Svid } from '../svid/x509-svid.ts';
import { addressInEnvironment } from './environment.ts';
import { explainFailure } from './explain-failure.ts';
import { Following } from './following.ts';
import { Listeners } from './listeners.ts';
import { WorkloadApiClient, type WorkloadApiOptions } from './workload-api-client.ts';
import type { X509Context, X509Identity } from './x509-context.ts';

export interface X509SourceOptions extends WorkloadApiOptions {
  /** Chooses among several identities; the first one unless given. */
  readonly pick?: (identities: readonly X509Identity[]) => X509Identity | undefined;
  /** Gives up waiting for the first identity when aborted, such as AbortSignal.timeout(30_000). */
  readonly signal?: AbortSignal;
}

/**
 * While the Workload API is away the last identity stays in use until it expires, and `lastError` says what is wrong;
 * when the Workload API says that there is none for us (PermissionDenied) it is given up at once. Both come back by
 * themselves.
 */
export class X509Source {
  readonly clock: Clock;
  readonly #client: WorkloadApiClient;
  readonly #pick: (identities: readonly X509Identity[]) => X509Identity | undefined;
  readonly #listeners = new Listeners();
  readonly #following: Following<X509Context>;

  private constructor({ pick = ([first]) => first, ...options }: X509SourceOptions) {
    const address = options.address ?? addressInEnvironment();
    this.clock = options.clock ?? systemClock;
    this.#client = new WorkloadApiClient({ ...options, address });
    this.#pick = pick;
    this.#following = new Following({
      watch: (watcher, signal) => this.#client.watchX509Context(watcher, signal),
      explain: (error) => explainFailure(error, address),
      listeners: this.#listeners,
    });
  }

  /**
   * Resolves with the first identity there is: PermissionDenied is waited out, too, since the entry may be on its way.
   * Rejects when `signal` aborts, with the last error of the Workload API if there was one, or when it refuses for good.
   */
  static async create(options: X509SourceOptions = {}): Promise<X509Source> {
    options.signal?.throwIfAborted();
    const source = new X509Source(options);
    try {
      await source.#following.start(options.signal);
      return source;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Whether identity() would give one. */
  get hasIdentity(): boolean {
    const found = this.#findIdentity();
    return found !== undefined && !this.#isOver(found);
  }

  #findIdentity(): X509Identity | undefined {
    const context = this.#following.value;
    return context === undefined ? undefined : this.#pick(context.identities);
  }

  #isOver({ svid }: X509Identity): boolean {
    return svid.expiresAt < this.clock.now(); // RFC 5280 4.1.2.5: notAfter still counts
  }

  /** The current identity. Throws Unavailable, with why, when it was taken away, has expired, or the source is closed. */
  identity(): X509Identity {
    const found = this.#findIdentity();
    const cause = this.lastError;
    if (found === undefined) throw unavailable(`no X.509-SVID at the moment${because(cause)}`, { cause });
    if (this.#isOver(found)) {
      const since = found.svid.expiresAt.toISOString();
      throw unavailable(`the X.509-SVID expired at ${since} and none has followed${because(cause)}`, {
        cause,
      });
    }
    return found;
  }

  /** Why the Workload API is not being followed at the moment; undefined while it is. */
  get lastError(): CodedError | undefined {
    return this.#following.lastError;
  }

  /** CA certificates (DER) of a trust domain; undefined where there is no bundle. */
  authorities(trustDomain: string): readonly Uint8Array[] | undefined {
    return this.#following.value?.bundles.get(trustDomain);
  }

  /** Every bundle held: trust domain name -> CA certificates (DER). */
  bundles(): ReadonlyMap<string, readonly Uint8Array[]> {
    return this.#following.value?.bundles ?? new Map();
  }

  /**
   * Reads the chain (DER, leaf first) that a peer presented and verifies it against the bundle of its own trust domain.
   * Throws InvalidArgument when it does not hold now; Unavailable without an identity of our own, which serves nobody.
   */
  verify(chain: readonly Uint8Array[]): X509Svid {
    this.identity();
    const authorities = (trustDomain: TrustDomain) => this.authorities(trustDomain.name);
    return verifyX509Svid({ chain, authorities, at: this.clock.now() });
  }

  /** Calls back after every change of identities and bundles, their loss included; returns the way to stop. */
  onUpdate(listener: () => void): () => void {
    return this.#listeners.onUpdate(listener);
  }

  /** Calls back at every failure of the Workload API, before it is tried again, or of a listener; returns the way to stop. */
  onError(listener: (error: CodedError) => void): () => void {
    return this.#listeners.onError(listener);
  }

  /** Ends the stream and the connection and forgets keys and listeners. What was made from this source serves nobody any more. */
  close(): void {
    this.#following.close(unavailable('the source is closed'));
    this.#client.close();
    this.#listeners.tellUpdate();
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

const because = (error: CodedError | undefined): string => (error === undefined ? '' : `: ${error.message}`);

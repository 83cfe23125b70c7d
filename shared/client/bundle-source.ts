/**
 * The bundles of all trust domains, for X.509- and for JWT-SVIDs, kept fresh from the Workload API: for whoever verifies
 * others and needs no identity of its own. One stream each.
 */
import { type Clock, systemClock } from '../clock.ts';
import { type CodedError, unavailable } from '../errors.ts';
import type { TokenAuthority } from '../bundle/bundle.ts';
import { TrustDomain } from '../spiffe/trust-domain.ts';
import type { JwtSvid } from '../svid/jwt-svid.ts';
import { verifyX509Svid, type X509Svid } from '../svid/x509-svid.ts';
import type { JwtBundles, X509Bundles } from './bundle-messages.ts';
import { addressInEnvironment } from './environment.ts';
import { explainFailure } from './explain-failure.ts';
import { Following } from './following.ts';
import { Listeners } from './listeners.ts';
import { type TokenVerifier, verifyToken } from './token-verifier.ts';
import { WorkloadApiClient, type WorkloadApiOptions } from './workload-api-client.ts';

export interface BundleSourceOptions extends WorkloadApiOptions {
  /** Gives up waiting for the first bundles when aborted, such as AbortSignal.timeout(30_000). */
  readonly signal?: AbortSignal;
}

/**
 * While the Workload API is away the last bundles stay in use, and `lastError` says what is wrong; when it says that there
 * are none for us (PermissionDenied) they are given up at once. They come back by themselves.
 */
export class BundleSource implements TokenVerifier {
  readonly #clock: Clock;
  readonly #client: WorkloadApiClient;
  readonly #listeners = new Listeners();
  readonly #x509: Following<X509Bundles>;
  readonly #jwt: Following<JwtBundles>;

  private constructor(options: BundleSourceOptions) {
    const address = options.address ?? addressInEnvironment();
    const explain = (error: CodedError): CodedError => explainFailure(error, address);
    const client = new WorkloadApiClient({ ...options, address });
    const listeners = this.#listeners;
    this.#clock = options.clock ?? systemClock;
    this.#client = client;
    this.#x509 = new Following({
      watch: (watcher, signal) => client.watchX509Bundles(watcher, signal),
      explain,
      listeners,
    });
    this.#jwt = new Following({
      watch: (watcher, signal) => client.watchJwtBundles(watcher, signal),
      explain,
      listeners,
    });
  }

  /**
   * Resolves with the first bundles of both kinds: PermissionDenied is waited out, too, since the entry may be on its way.
   * Rejects when `signal` aborts, with the last error of the Workload API if there was one, or when it refuses for good.
   */
  static async create(options: BundleSourceOptions = {}): Promise<BundleSource> {
    options.signal?.throwIfAborted();
    const source = new BundleSource(options);
    try {
      await Promise.all([source.#x509.start(options.signal), source.#jwt.start(options.signal)]);
      return source;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Those of which a bundle of either kind is held, in the order of their names. */
  trustDomains(): readonly TrustDomain[] {
    const names = new Set([...(this.#x509.value?.keys() ?? []), ...(this.#jwt.value?.keys() ?? [])]);
    return [...names].sort().map((name) => TrustDomain.parse(name));
  }

  /** CA certificates (DER) of a trust domain; undefined where there is no bundle. */
  x509Authorities({ name }: TrustDomain): readonly Uint8Array[] | undefined {
    return this.#x509.value?.get(name);
  }

  /** Keys for JWT-SVIDs of a trust domain; undefined where there is no bundle. */
  jwtAuthorities({ name }: TrustDomain): readonly TokenAuthority[] | undefined {
    return this.#jwt.value?.get(name);
  }

  /** Verifies a chain (DER, leaf first) by the bundle of its own trust domain. Throws InvalidArgument when it does not hold now. */
  verify(chain: readonly Uint8Array[]): X509Svid {
    const authorities = (trustDomain: TrustDomain) => this.x509Authorities(trustDomain);
    return verifyX509Svid({ chain, authorities, at: this.#clock.now() });
  }

  validate(token: string, audience: string | readonly string[]): JwtSvid {
    const { value: bundles, lastError } = this.#jwt;
    return verifyToken({ token, audience, bundles, lastError, clock: this.#clock });
  }

  /** Why one of the streams is not being followed at the moment; undefined while both are. */
  get lastError(): CodedError | undefined {
    return this.#x509.lastError ?? this.#jwt.lastError;
  }

  /** Calls back after every change of the bundles, their loss included; returns the way to stop. */
  onUpdate(listener: () => void): () => void {
    return this.#listeners.onUpdate(listener);
  }

  /** Calls back at every failure of a stream, before it is tried again, or of a listener; returns the way to stop. */
  onError(listener: (error: CodedError) => void): () => void {
    return this.#listeners.onError(listener);
  }

  /** Ends the streams and the connection and forgets bundles and listeners. */
  close(): void {
    const closed = unavailable('the source is closed');
    this.#x509.close(closed);
    this.#jwt.close(closed);
    this.#client.close();
    this.#listeners.tellUpdate();
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

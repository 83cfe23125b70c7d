/** JWT-SVIDs of one's own, and the bundles that those of others are verified with, kept fresh from the Workload API. */
import { type Clock, systemClock } from '../clock.ts';
import { Code, CodedError, unavailable } from '../errors.ts';
import type { TokenAuthority } from '../bundle/bundle.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import type { TrustDomain } from '../spiffe/trust-domain.ts';
import { checkAudience } from '../svid/audience.ts';
import type { JwtSvid } from '../svid/jwt-svid.ts';
import type { JwtBundles } from './bundle-messages.ts';
import { addressInEnvironment } from './environment.ts';
import { explainFailure } from './explain-failure.ts';
import { audienceList, type FetchedJwtSvid, type JwtSvidRequest } from './fetched-jwt-svid.ts';
import { Following } from './following.ts';
import { cacheKey, JwtCache } from './jwt-cache.ts';
import { Listeners } from './listeners.ts';
import { type TokenVerifier, verifyToken } from './token-verifier.ts';
import { WorkloadApiClient, type WorkloadApiOptions } from './workload-api-client.ts';

export interface JwtSourceOptions extends WorkloadApiOptions {
  /** Chooses among the SVIDs of several identities; the first one unless given. */
  readonly pick?: (svids: readonly FetchedJwtSvid[]) => FetchedJwtSvid | undefined;
  /** Gives up waiting for the first bundles when aborted, such as AbortSignal.timeout(30_000). */
  readonly signal?: AbortSignal;
}

/** How long a new token may take while there is a valid one. */
const PATIENCE_MS = 5_000;
/** With these the Workload API says no: an older token is no answer to that. */
const REFUSALS: readonly Code[] = [Code.permissionDenied, Code.invalidArgument, Code.unimplemented];

/**
 * While the Workload API is away, bundles and valid tokens stay in use, and `lastError` says what is wrong; when it says
 * that there is nothing for us (PermissionDenied) they are given up at once. Both come back by themselves.
 */
export class JwtSource implements TokenVerifier {
  readonly #address: string;
  readonly #clock: Clock;
  readonly #client: WorkloadApiClient;
  readonly #pick: (svids: readonly FetchedJwtSvid[]) => FetchedJwtSvid | undefined;
  readonly #listeners = new Listeners();
  readonly #following: Following<JwtBundles>;
  readonly #cache: JwtCache;
  /** Under way: who asks for the same meanwhile gets the same. */
  readonly #flights = new Map<string, Promise<FetchedJwtSvid>>();
  readonly #stop = new AbortController();

  private constructor({ pick = ([first]) => first, ...options }: JwtSourceOptions) {
    this.#address = options.address ?? addressInEnvironment();
    this.#clock = options.clock ?? systemClock;
    this.#client = new WorkloadApiClient({ ...options, address: this.#address });
    this.#pick = pick;
    this.#cache = new JwtCache(this.#clock);
    this.#following = new Following({
      watch: (watcher, signal) => this.#client.watchJwtBundles(watcher, signal),
      explain: (error) => explainFailure(error, this.#address),
      listeners: this.#listeners,
    });
    this.#listeners.onUpdate(() => this.#forgetRevoked());
  }

  /**
   * Resolves with the first bundles there are: PermissionDenied is waited out, too, since the entry may be on its way.
   * Rejects when `signal` aborts, with the last error of the Workload API if there was one, or when it refuses for good.
   */
  static async create(options: JwtSourceOptions = {}): Promise<JwtSource> {
    options.signal?.throwIfAborted();
    const source = new JwtSource(options);
    try {
      await source.#following.start(options.signal);
      return source;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Tokens that nobody verifies any more; all of them without bundles, since there is no identity then. */
  #forgetRevoked(): void {
    this.#cache.dropWhere(
      ({ id, keyId }) => this.authorities(id.trustDomain)?.some((each) => each.keyId === keyId) !== true,
    );
  }

  /**
   * A JWT-SVID for these audiences: one in the first half of its life; one that is merely valid where no other can be had.
   * Throws what the Workload API says: PermissionDenied where there is no such identity, InvalidArgument on a wrong call,
   * Unavailable where nobody answers; the signal's reason when it aborts.
   */
  async fetch(request: JwtSvidRequest): Promise<FetchedJwtSvid> {
    const { id, signal } = request;
    signal?.throwIfAborted();
    this.#stop.signal.throwIfAborted();
    const audience = checkAudience(audienceList(request.audience), 'an audience is needed');
    const key = cacheKey(audience, id);
    const held = this.#cache.find(key);
    if (held !== undefined && !this.#cache.isDue(key)) return held;
    return untilAborted(this.#renew({ key, audience, id }, held), signal);
  }

  #renew(wanted: Wanted, held: FetchedJwtSvid | undefined): Promise<FetchedJwtSvid> {
    const { key } = wanted;
    const underWay = this.#flights.get(key);
    if (underWay !== undefined) return underWay;
    const flight = this.#ask(wanted, held === undefined ? undefined : PATIENCE_MS)
      .catch((error: unknown) => this.#fallBack(key, error))
      .finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #ask({ key, audience, id }: Wanted, timeoutMs: number | undefined): Promise<FetchedJwtSvid> {
    const request = { audience, signal: this.#stop.signal, ...(id === undefined ? {} : { id }) };
    const svid = this.#pick(await this.#client.fetchJwtSvids(request, timeoutMs));
    this.#stop.signal.throwIfAborted();
    if (svid === undefined) throw unavailable('none of the JWT-SVIDs is wanted');
    if (svid.expiresAt <= this.#clock.now())
      throw unavailable('the Workload API answered with a JWT-SVID that has expired');
    if (this.#following.value !== undefined) this.#cache.put(key, svid); // else: the identity was taken away meanwhile
    return svid;
  }

  #fallBack(key: string, error: unknown): FetchedJwtSvid {
    this.#stop.signal.throwIfAborted();
    if (isRefusal(error)) this.#cache.drop(key);
    const held = this.#cache.find(key);
    if (held === undefined) throw error instanceof CodedError ? explainFailure(error, this.#address) : error;
    this.#cache.postpone(key);
    return held;
  }

  validate(token: string, audience: string | readonly string[]): JwtSvid {
    const { value: bundles, lastError } = this.#following;
    return verifyToken({ token, audience, bundles, lastError, clock: this.#clock });
  }

  /** The keys of a trust domain; undefined where there is no bundle. */
  authorities({ name }: TrustDomain): readonly TokenAuthority[] | undefined {
    return this.#following.value?.get(name);
  }

  /** Why the Workload API is not being followed at the moment; undefined while it is. */
  get lastError(): CodedError | undefined {
    return this.#following.lastError;
  }

  /** Calls back after every change of the bundles, their loss included; returns the way to stop. */
  onUpdate(listener: () => void): () => void {
    return this.#listeners.onUpdate(listener);
  }

  /** Calls back at every failure of the stream of bundles, before it is tried again, or of a listener; returns the way to stop. */
  onError(listener: (error: CodedError) => void): () => void {
    return this.#listeners.onError(listener);
  }

  /** Ends the stream and the connection and forgets tokens, bundles and listeners; who waits for a token hears that. */
  close(): void {
    const closed = unavailable('the source is closed');
    this.#stop.abort(closed);
    this.#following.close(closed);
    this.#client.close();
    this.#listeners.tellUpdate();
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

interface Wanted {
  readonly key: string;
  readonly audience: readonly string[];
  readonly id: SpiffeId | undefined;
}

const isRefusal = (error: unknown): boolean => error instanceof CodedError && REFUSALS.includes(error.code);

/** As the promise; rejects with the signal's reason when that comes first. What is under way goes on, for others. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

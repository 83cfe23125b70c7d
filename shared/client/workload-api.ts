/** What clients of the SPIFFE Workload API do, however they reach it. Used by workload-api-client and by commands. */
import type { SpiffeWorkloadAPIDefinition } from '../../proto/gen/SpiffeWorkloadAPI.ts';
import type { JWTBundlesResponseOutput } from '../../proto/gen/JWTBundlesResponse.ts';
import type { JWTSVIDResponseOutput } from '../../proto/gen/JWTSVIDResponse.ts';
import type { ValidateJWTSVIDRequest } from '../../proto/gen/ValidateJWTSVIDRequest.ts';
import type { ValidateJWTSVIDResponseOutput } from '../../proto/gen/ValidateJWTSVIDResponse.ts';
import type { X509BundlesResponseOutput } from '../../proto/gen/X509BundlesResponse.ts';
import type { X509SVIDResponseOutput } from '../../proto/gen/X509SVIDResponse.ts';
import type { Clock } from '../clock.ts';
import { internal, messageOf, unavailable } from '../errors.ts';
import type { Random } from '../random.ts';
import type { CallOptions, Rpcs } from '../rpc/service-types.ts';
import { checkAudience } from '../svid/audience.ts';
import { type JwtBundles, readJwtBundles, readX509Bundles, type X509Bundles } from './bundle-messages.ts';
import { audienceList, type FetchedJwtSvid, type JwtSvidRequest, readJwtSvids } from './fetched-jwt-svid.ts';
import { type WatchedStream, type Watcher, watchStream } from './watch-stream.ts';
import { readX509Context, type X509Context } from './x509-context.ts';

const HEADER = { 'workload.spiffe.io': 'true' }; // SPIFFE_Workload_Endpoint 3

export interface WorkloadApiNeeds {
  /** A client of the service SpiffeWorkloadAPI. */
  readonly rpcs: Rpcs<SpiffeWorkloadAPIDefinition>;
  readonly clock: Clock;
  readonly random: Random;
}

export class WorkloadApi {
  readonly #rpcs: WorkloadApiNeeds['rpcs'];
  readonly #time: Pick<WorkloadApiNeeds, 'clock' | 'random'>;

  constructor({ rpcs, clock, random }: WorkloadApiNeeds) {
    this.#rpcs = rpcs;
    this.#time = { clock, random };
  }

  /** The raw messages of one FetchX509SVID stream; throws CodedError when it ends. */
  x509SvidResponses(signal?: AbortSignal): AsyncIterableIterator<X509SVIDResponseOutput> {
    return this.#rpcs.serverStream('FetchX509SVID', {}, callOptions(signal));
  }

  /** The raw messages of one FetchX509Bundles stream; throws CodedError when it ends. */
  x509BundlesResponses(signal?: AbortSignal): AsyncIterableIterator<X509BundlesResponseOutput> {
    return this.#rpcs.serverStream('FetchX509Bundles', {}, callOptions(signal));
  }

  /** The raw messages of one FetchJWTBundles stream; throws CodedError when it ends. */
  jwtBundlesResponses(signal?: AbortSignal): AsyncIterableIterator<JWTBundlesResponseOutput> {
    return this.#rpcs.serverStream('FetchJWTBundles', {}, callOptions(signal));
  }

  /** The raw answer of FetchJWTSVID. */
  jwtSvidResponse(
    { audience, id, signal }: JwtSvidRequest,
    timeoutMs?: number,
  ): Promise<JWTSVIDResponseOutput> {
    return this.#rpcs.unary(
      'FetchJWTSVID',
      {
        audience: [...checkAudience(audienceList(audience), 'an audience is needed')],
        spiffe_id: id?.toString() ?? '',
      },
      { ...callOptions(signal), ...(timeoutMs === undefined ? {} : { timeoutMs }) },
    );
  }

  /**
   * JWT-SVIDs for some audience: that of one ID, or of all of the workload's, the default one first. Throws InvalidArgument
   * without an audience; PermissionDenied where there is none; Internal when the answer is not what was asked for.
   */
  async fetchJwtSvids(request: JwtSvidRequest, timeoutMs?: number): Promise<readonly FetchedJwtSvid[]> {
    const response = await this.jwtSvidResponse(request, timeoutMs);
    try {
      return readJwtSvids(response, audienceList(request.audience), request.id);
    } catch (cause) {
      throw internal(`the Workload API's answer cannot be read: ${messageOf(cause)}`, { cause });
    }
  }

  /** The raw answer of ValidateJWTSVID; rejects with CodedError, InvalidArgument where the token is not valid. */
  validateJwtSvidResponse(
    request: ValidateJWTSVIDRequest,
    signal?: AbortSignal,
  ): Promise<ValidateJWTSVIDResponseOutput> {
    return this.#rpcs.unary('ValidateJWTSVID', request, callOptions(signal));
  }

  /** The first message of a new stream. */
  async fetchX509Context(signal?: AbortSignal): Promise<X509Context> {
    for await (const response of this.x509SvidResponses(signal)) return readX509Context(response);
    throw unavailable('the Workload API ended the stream without an answer');
  }

  /** Follows FetchX509SVID, as watchStream says. */
  watchX509Context(watcher: Watcher<X509Context>, signal: AbortSignal): Promise<void> {
    return this.#watch({
      open: (stop) => this.x509SvidResponses(stop),
      read: readX509Context,
      watcher,
      signal,
    });
  }

  /** Follows FetchX509Bundles, as watchStream says. */
  watchX509Bundles(watcher: Watcher<X509Bundles>, signal: AbortSignal): Promise<void> {
    return this.#watch({
      open: (stop) => this.x509BundlesResponses(stop),
      read: readX509Bundles,
      watcher,
      signal,
    });
  }

  /** Follows FetchJWTBundles, as watchStream says. */
  watchJwtBundles(watcher: Watcher<JwtBundles>, signal: AbortSignal): Promise<void> {
    return this.#watch({
      open: (stop) => this.jwtBundlesResponses(stop),
      read: readJwtBundles,
      watcher,
      signal,
    });
  }

  #watch<Response, Value>(stream: Omit<WatchedStream<Response, Value>, 'clock' | 'random'>): Promise<void> {
    return watchStream({ ...stream, ...this.#time });
  }
}

const callOptions = (signal: AbortSignal | undefined): CallOptions => ({
  metadata: HEADER,
  ...(signal === undefined ? {} : { signal }),
});

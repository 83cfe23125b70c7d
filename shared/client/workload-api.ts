/** What clients of the SPIFFE Workload API do, however they reach it. Used by workload-api-client and by commands. */
import type { SpiffeWorkloadAPIDefinition } from '../../proto/gen/SpiffeWorkloadAPI.ts';
import type { X509BundlesResponseOutput } from '../../proto/gen/X509BundlesResponse.ts';
import type { X509SVIDResponseOutput } from '../../proto/gen/X509SVIDResponse.ts';
import { Backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { Code, CodedError, internal, messageOf, unavailable } from '../errors.ts';
import type { Random } from '../random.ts';
import type { Rpcs } from '../rpc/service-types.ts';
import { readX509Context, type X509Context } from './x509-context.ts';

const HEADER = { 'workload.spiffe.io': 'true' }; // SPIFFE_Workload_Endpoint 3

export interface WorkloadApiNeeds {
  /** A client of the service SpiffeWorkloadAPI. */
  readonly rpcs: Pick<Rpcs<SpiffeWorkloadAPIDefinition>, 'serverStream'>;
  readonly clock: Clock;
  readonly random: Random;
}

export class WorkloadApi {
  readonly #rpcs: WorkloadApiNeeds['rpcs'];
  readonly #clock: Clock;
  readonly #random: Random;

  constructor({ rpcs, clock, random }: WorkloadApiNeeds) {
    this.#rpcs = rpcs;
    this.#clock = clock;
    this.#random = random;
  }

  /** The raw messages of one FetchX509SVID stream; throws CodedError when it ends. */
  x509SvidResponses(signal?: AbortSignal): AsyncIterableIterator<X509SVIDResponseOutput> {
    return this.#rpcs.serverStream(
      'FetchX509SVID',
      {},
      { metadata: HEADER, ...(signal === undefined ? {} : { signal }) },
    );
  }

  /** The raw messages of one FetchX509Bundles stream; throws CodedError when it ends. */
  x509BundlesResponses(signal?: AbortSignal): AsyncIterableIterator<X509BundlesResponseOutput> {
    return this.#rpcs.serverStream(
      'FetchX509Bundles',
      {},
      { metadata: HEADER, ...(signal === undefined ? {} : { signal }) },
    );
  }

  /** The first message of a new stream. */
  async fetchX509Context(signal?: AbortSignal): Promise<X509Context> {
    for await (const response of this.x509SvidResponses(signal)) return readX509Context(response);
    throw unavailable('the Workload API ended the stream without an answer');
  }

  /**
   * Follows FetchX509SVID for as long as `signal` is not aborted: reconnects with backoff, and says what came.
   * Ends by itself, with the error, only on InvalidArgument and Unimplemented (SPIFFE_Workload_Endpoint 6).
   */
  async watchX509Context(watcher: X509Watcher, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#random, { initialMs: 200, maxMs: 10_000, factor: 2 });
    while (!signal.aborted) {
      try {
        await this.#follow(watcher, signal, backoff);
      } catch (error) {
        if (signal.aborted) return;
        watcher.onError(
          error instanceof CodedError
            ? error
            : unavailable('the Workload API stream failed', { cause: error }),
        );
        if (isFinal(error)) throw error;
      }
      await this.#clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }

  async #follow(watcher: X509Watcher, signal: AbortSignal, backoff: Backoff): Promise<void> {
    for await (const response of this.x509SvidResponses(signal)) {
      const context = readOrTell(response, watcher);
      if (context === undefined) continue;
      backoff.reset();
      watcher.onUpdate(context);
    }
    throw unavailable('the Workload API ended the stream');
  }
}

export interface X509Watcher {
  onUpdate(context: X509Context): void;
  /** PermissionDenied means that the identity was taken away: what was received before must not be used any more. */
  onError(error: CodedError): void;
}

/** A message that cannot be read is discarded (SPIFFE_Workload_API 5.2.1): the next one may be better. */
function readOrTell(response: X509SVIDResponseOutput, watcher: X509Watcher): X509Context | undefined {
  try {
    return readX509Context(response);
  } catch (cause) {
    watcher.onError(internal(`the Workload API's message cannot be read: ${messageOf(cause)}`, { cause }));
    return undefined;
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof CodedError && (error.code === Code.invalidArgument || error.code === Code.unimplemented);

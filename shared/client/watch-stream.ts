/** A stream of the Workload API that is followed across its ends: for as long as the caller likes. Called by workload-api. */
import { Backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { Code, CodedError, internal, messageOf, unavailable } from '../errors.ts';
import type { Random } from '../random.ts';

export interface Watcher<Value> {
  onUpdate(value: Value): void;
  /** PermissionDenied means that there is nothing for us any more: what was received before must not be used. */
  onError(error: CodedError): void;
}

export interface WatchedStream<Response, Value> {
  readonly open: (signal: AbortSignal) => AsyncIterable<Response>;
  /** `tell` hears of parts that are left out; throws where the whole message is to be discarded. */
  readonly read: (response: Response, tell: (error: CodedError) => void) => Value;
  readonly watcher: Watcher<Value>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Follows the stream for as long as `signal` is not aborted: reconnects with backoff, and says what came. Ends by itself,
 * with the error, only on InvalidArgument and Unimplemented (SPIFFE_Workload_Endpoint 6).
 */
export async function watchStream<Response, Value>(stream: WatchedStream<Response, Value>): Promise<void> {
  const { watcher, signal, clock, random } = stream;
  const backoff = new Backoff(random, { initialMs: 200, maxMs: 10_000, factor: 2 });
  while (!signal.aborted) {
    try {
      await follow(stream, backoff);
    } catch (error) {
      if (signal.aborted) return;
      watcher.onError(
        error instanceof CodedError ? error : unavailable('the Workload API stream failed', { cause: error }),
      );
      if (isFinal(error)) throw error;
    }
    await clock.sleep(backoff.next(), signal).catch(() => {});
  }
}

async function follow<Response, Value>(
  stream: WatchedStream<Response, Value>,
  backoff: Backoff,
): Promise<void> {
  for await (const response of stream.open(stream.signal)) {
    const read = readOrTell(response, stream);
    if (read === undefined) continue;
    backoff.reset();
    stream.watcher.onUpdate(read.value);
  }
  throw unavailable('the Workload API ended the stream');
}

/** A message that cannot be read is discarded (SPIFFE_Workload_API 5.2.1): the next one may be better. */
function readOrTell<Response, Value>(
  response: Response,
  { read, watcher }: WatchedStream<Response, Value>,
): { readonly value: Value } | undefined {
  try {
    return { value: read(response, (error) => watcher.onError(error)) };
  } catch (cause) {
    watcher.onError(internal(`the Workload API's message cannot be read: ${messageOf(cause)}`, { cause }));
    return undefined;
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof CodedError && (error.code === Code.invalidArgument || error.code === Code.unimplemented);

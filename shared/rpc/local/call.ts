/** One gRPC call on a Unix socket, message by message, as bytes. Used by client. */
import { connect } from 'node:net';
import { Code, CodedError } from '../../errors.ts';
import { VERSION } from '../../version.ts';
import { CallAnswer } from './answer.ts';
import { Http2Request } from './http2-request.ts';
import { MESSAGE_MAX_BYTES, PREFIX_BYTES, withPrefix } from './length-prefix.ts';

export interface LocalCall {
  /** Of the socket, absolute. */
  readonly path: string;
  /** `/package.Service/Rpc`. */
  readonly method: string;
  readonly request: Uint8Array;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** None: no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A whole message of the largest size must fit, and some of the next one. */
const WINDOW_BYTES = MESSAGE_MAX_BYTES + 64 * 1024;
const TIMEOUT_MAX_MS = 99_999_999; // eight digits (gRPC over HTTP/2)

/** The messages of the answer, until it ends with OK. Throws CodedError on any other end. Leaving the loop cancels. */
export async function* callLocal(call: LocalCall): AsyncGenerator<Uint8Array, void> {
  const limit = limitOf(call);
  const answer = new CallAnswer();
  const stop = (): void => answer.fail(whyStopped(limit?.reason));
  limit?.addEventListener('abort', stop, { once: true });
  if (limit?.aborted === true) stop();
  const request = new Http2Request(
    connect({ path: call.path }),
    { headers: headersOf(call), body: withPrefix(call.request), windowBytes: WINDOW_BYTES },
    answer,
  );
  try {
    for (let message = await answer.next(); message !== undefined; message = await answer.next()) {
      request.consumed(PREFIX_BYTES + message.length);
      yield message;
    }
  } finally {
    limit?.removeEventListener('abort', stop);
    request.close();
  }
}

function limitOf({ timeoutMs, signal }: LocalCall): AbortSignal | undefined {
  const timeout = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)];
  const [first, ...others] = [...timeout, ...(signal === undefined ? [] : [signal])];
  return first === undefined || others.length === 0 ? first : AbortSignal.any([first, ...others]);
}

const whyStopped = (reason: unknown): CodedError =>
  reason instanceof DOMException && reason.name === 'TimeoutError'
    ? new CodedError(Code.deadlineExceeded, 'no answer in time')
    : new CodedError(Code.cancelled, 'the call was cancelled', { cause: reason });

const headersOf = ({ method, metadata, timeoutMs }: LocalCall): Readonly<Record<string, string>> => ({
  ':method': 'POST',
  ':scheme': 'http',
  ':path': method,
  ':authority': 'localhost',
  te: 'trailers',
  'content-type': 'application/grpc',
  'user-agent': `writ/${VERSION}`,
  ...(timeoutMs === undefined ? {} : { 'grpc-timeout': `${Math.min(timeoutMs, TIMEOUT_MAX_MS)}m` }),
  ...metadata,
});

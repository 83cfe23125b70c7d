/** What comes back on a gRPC call: headers, messages, and the status in the trailers (gRPC over HTTP/2). Used by call. */
import { Code, CodedError, internal } from '../../errors.ts';
import type { Headers } from '../http2/hpack.ts';
import type { RequestEvents } from './http2-request.ts';
import { Inbox } from './inbox.ts';
import { PrefixReader } from './length-prefix.ts';
import { DETAILS_KEY, readDetails } from '../status-details.ts';

export class CallAnswer implements RequestEvents {
  readonly #messages = new Inbox<Uint8Array>();
  readonly #reader = new PrefixReader();
  #hasHeaders = false;
  #status: Headers | undefined;

  /** The next message; undefined when the call has ended with OK. Throws the CodedError that it ended with. */
  next(): Promise<Uint8Array | undefined> {
    return this.#messages.next();
  }

  fail(error: CodedError): void {
    this.#messages.end(error);
  }

  readonly onFailure = (error: CodedError): void => this.fail(error);

  readonly onHeaders = (headers: Headers): void => {
    if (headers['grpc-status'] !== undefined) this.#status = headers;
    if (this.#hasHeaders || headers[':status']?.startsWith('1') === true) return; // trailers; or more are to come
    this.#hasHeaders = true;
    if (headers['grpc-status'] === undefined) checkIsGrpc(headers);
  };

  readonly onData = (bytes: Uint8Array): void => {
    if (!this.#hasHeaders) throw internal('messages came before headers');
    for (const message of this.#reader.read(bytes)) this.#messages.put(message);
  };

  readonly onEnd = (): void => {
    const error = this.#status === undefined ? withoutStatus() : errorIn(this.#status);
    if (error === undefined && this.#reader.isInside) this.fail(internal('the last message is cut off'));
    else this.#messages.end(error);
  };
}

const withoutStatus = (): CodedError =>
  new CodedError(Code.unknown, 'the server ended the call without a status');

/** HTTP's codes to gRPC's (gRPC: HTTP to gRPC Status Code Mapping). */
const HTTP_CODES: Readonly<Record<string, Code>> = {
  400: Code.internal,
  401: Code.unauthenticated,
  403: Code.permissionDenied,
  404: Code.unimplemented,
  429: Code.unavailable,
  502: Code.unavailable,
  503: Code.unavailable,
  504: Code.unavailable,
};

function checkIsGrpc({ ':status': status = '', 'content-type': type = '' }: Headers): void {
  if (status !== '200')
    throw new CodedError(HTTP_CODES[status] ?? Code.unknown, `the server answers HTTP status "${status}"`);
  if (!/^application\/grpc(?:$|[+;])/.test(type))
    throw new CodedError(Code.unknown, `the server answers "${type}", which is not gRPC`);
}

function errorIn(trailers: Headers): CodedError | undefined {
  const status = trailers['grpc-status'] ?? '';
  if (status === '0') return undefined;
  const details = trailers[DETAILS_KEY];
  const found = readDetails(details === undefined ? undefined : Buffer.from(details, 'base64'));
  return new CodedError(codeOf(status), decodeMessage(trailers['grpc-message'] ?? ''), found);
}

const codeOf = (status: string): Code =>
  Object.values(Code).find((known) => String(known) === status) ?? Code.unknown;

/** Percent-encoded UTF-8; what is not properly encoded stays as it is (gRPC over HTTP/2). */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

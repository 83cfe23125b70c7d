/** Who sends an HTTP request: by the token that it brings, else by the connection that it comes on. Called by request-gate. */
import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { Code, CodedError } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { checkPeer, isAdmitted } from './peer.ts';
import type { TokenVerifier } from './token-verifier.ts';

export type HttpRequest = IncomingMessage | Http2ServerRequest;

export interface TokensTaken {
  readonly source: TokenVerifier;
  /** What this service calls itself: tokens for other services are refused. */
  readonly audience: string | readonly string[];
}

/** RFC 6750 2.1; schemes know no case (RFC 9110 11.1). */
const BEARER = /^bearer(?: +(.*))?$/is;

/**
 * A token, where tokens are taken and one is given, decides alone: a bad one never falls back to the connection, which may
 * be a proxy's. The peer of the connection is looked at again, by the bundles of now. Throws Unauthenticated where nobody
 * is known, or not any more; PermissionDenied where the connection is not wanted any more; Unavailable where nothing can be verified now.
 */
export function callerOf(request: HttpRequest, tokens: TokensTaken | undefined): SpiffeId {
  const token = tokens === undefined ? undefined : bearerOf(request);
  if (tokens !== undefined && token !== undefined)
    return known(() => tokens.source.validate(token, tokens.audience).id);
  if (!isAdmitted(request.socket)) throw unauthenticated('the request brings no identity');
  return known(() => checkPeer(request.socket));
}

function bearerOf({ rawHeaders }: HttpRequest): string | undefined {
  const given = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'authorization',
  );
  const [value = '', ...more] = given;
  if (more.length > 0) throw unauthenticated('the request has several authorization headers');
  const found = BEARER.exec(value.trim());
  return found === null ? undefined : (found[1] ?? '');
}

function known(look: () => SpiffeId): SpiffeId {
  try {
    return look();
  } catch (error) {
    if (error instanceof CodedError && error.code === Code.invalidArgument)
      throw unauthenticated(error.message, error);
    throw error;
  }
}

const unauthenticated = (message: string, cause?: unknown): CodedError =>
  new CodedError(Code.unauthenticated, message, cause === undefined ? {} : { cause });

/**
 * Lets in the HTTP requests that rules allow, for node:http and its kin, Express and Fastify. Refused is what no rule
 * allows; the answer says no more than that, `onRefused` hears why.
 */
import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { Code, CodedError, internal, messageOf, unavailable } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { callerOf, type HttpRequest, type TokensTaken } from './request-caller.ts';
import { pathSegments } from './request-path.ts';
import { type RequestRule, requestRules } from './request-rules.ts';

export interface RequestAuthorization {
  /** What none of them allows is refused. */
  readonly rules: readonly RequestRule[];
  /** Takes JWT-SVIDs as bearer tokens, too. A request that brings one is its subject's, whatever connection it comes on. */
  readonly tokens?: TokensTaken;
  /** Hears why a request was refused, for the log. */
  readonly onRefused?: (refusal: Refusal) => void;
}

export interface Refusal {
  /** What the caller was answered: 400, 401, 403, 500 where an authorizer failed, or 503. */
  readonly status: number;
  readonly error: CodedError;
  /** Undefined where nobody is known. */
  readonly id: SpiffeId | undefined;
  readonly method: string;
  readonly target: string;
}

type HttpResponse = ServerResponse | Http2ServerResponse;
type Listener<Request, Response> = (request: Request, response: Response) => void;

/** Wraps the listener of a server of node:http, node:https or node:http2. Throws InvalidArgument on rules that will not do. */
export function authorizedListener<Request extends HttpRequest, Response extends HttpResponse>(
  options: RequestAuthorization,
  listener: Listener<Request, Response>,
): Listener<Request, Response> {
  const judge = gate(options);
  return (request, response) => {
    const refusal = judge(request, request.url ?? '');
    if (refusal === undefined) listener(request, response);
    else answer(response, refusal);
  };
}

type ExpressRequest = HttpRequest & { readonly baseUrl: string };

/** A middleware of Express; what is behind it is guarded, and rules speak of whole paths wherever it is mounted. Throws as authorizedListener does. */
export function expressAuthorization(
  options: RequestAuthorization,
): (request: ExpressRequest, response: HttpResponse, next: () => void) => void {
  const judge = gate(options);
  return (request, response, next) => {
    const refusal = judge(request, request.baseUrl + request.url);
    if (refusal === undefined) next();
    else answer(response, refusal);
  };
}

/** As much of Fastify's reply as is needed here. */
interface FastifyReply {
  header(name: string, value: string): unknown;
  code(status: number): unknown;
  send(text: string): unknown;
}

/** A hook of Fastify, for `onRequest`: what comes later has read the body already. Throws as authorizedListener does. */
export function fastifyAuthorization(
  options: RequestAuthorization,
): (request: { readonly raw: HttpRequest }, reply: FastifyReply) => Promise<unknown> {
  const judge = gate(options);
  return async ({ raw }, reply) => {
    const refusal = judge(raw, raw.url ?? '');
    if (refusal === undefined) return undefined;
    for (const [name, value] of headersOf(refusal)) reply.header(name, value);
    reply.code(refusal.status);
    reply.send(refusal.text);
    return reply;
  };
}

const callers = new WeakMap<object, SpiffeId>();

/**
 * The verified SPIFFE ID of whoever sent a request that was let in: a request of node:http, of Express or, as
 * `request.raw` has it, of Fastify. Throws Unavailable on any other.
 */
export function callerIdOf(request: HttpRequest | { readonly raw: HttpRequest }): SpiffeId {
  const id = callers.get('raw' in request ? request.raw : request);
  if (id === undefined) throw unavailable('the caller of this request has not been verified');
  return id;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** For whoever may bring a token (RFC 6750 3). */
  readonly challenge: string | undefined;
}

type Judge = (request: HttpRequest, target: string) => Answer | undefined;

function gate({ rules, tokens, onRefused }: RequestAuthorization): Judge {
  const check = requestRules(rules);
  return (request, target) => {
    const method = request.method ?? '';
    let id: SpiffeId | undefined;
    try {
      id = callerOf(request, tokens);
      check({ id, method, segments: pathSegments(target) });
      callers.set(request, id);
      return undefined;
    } catch (thrown) {
      const error =
        thrown instanceof CodedError
          ? thrown
          : internal(`an authorizer failed: ${messageOf(thrown)}`, { cause: thrown });
      const { status, text } = ANSWERS.get(error.code) ?? FAILED;
      tell(onRefused, { status, error, id, method, target });
      return { status, text, challenge: status === 401 && tokens !== undefined ? 'Bearer' : undefined };
    }
  };
}

/** A listener that fails must not take the server down. */
function tell(onRefused: RequestAuthorization['onRefused'], refusal: Refusal): void {
  try {
    const said: unknown = onRefused?.(refusal);
    if (said instanceof Promise) said.catch(() => {});
  } catch {
    // there is nobody left to tell
  }
}

const FAILED = { status: 500, text: 'internal server error\n' };
const ANSWERS: ReadonlyMap<Code, { readonly status: number; readonly text: string }> = new Map([
  [Code.invalidArgument, { status: 400, text: 'bad request\n' }],
  [Code.unauthenticated, { status: 401, text: 'unauthorized\n' }],
  [Code.permissionDenied, { status: 403, text: 'forbidden\n' }],
  [Code.unavailable, { status: 503, text: 'service unavailable\n' }],
]);

const headersOf = ({ challenge }: Answer): readonly (readonly [string, string])[] => [
  ['content-type', 'text/plain; charset=utf-8'],
  ...(challenge === undefined ? [] : [['www-authenticate', challenge] as const]),
];

interface Answering {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

function answer(response: Answering, refusal: Answer): void {
  response.statusCode = refusal.status;
  for (const [name, value] of headersOf(refusal)) response.setHeader(name, value);
  response.end(refusal.text);
}

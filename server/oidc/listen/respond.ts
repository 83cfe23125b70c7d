/** From an HTTP request to its answer: path, method, endpoint, headers, log. Given to the listener by provider. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Logger } from '../../../shared/log/logger.ts';
import { type Answer, type Endpoint, plainAnswer } from '../endpoints/answer.ts';
import { readTarget } from './asked.ts';

export interface RespondNeeds {
  /** By path. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly logsRequests: boolean;
  readonly log: Logger;
}

export type Respond = (request: IncomingMessage, response: ServerResponse) => void;

export const respond =
  ({ endpoints, logsRequests, log }: RespondNeeds): Respond =>
  (request, response) => {
    const isTls = request.socket instanceof TLSSocket;
    const answer = answerTo(request, isTls, endpoints);
    send(response, answer, { isTls, isHead: request.method === 'HEAD', hasBody: hasBody(request) });
    if (logsRequests) log.debug('Incoming request', { ...lineOf(request), status: answer.status });
  };

function answerTo(request: IncomingMessage, isTls: boolean, endpoints: RespondNeeds['endpoints']): Answer {
  const target = readTarget(request, isTls);
  if (target === undefined) return plainAnswer(400, 'more than one host');
  const endpoint = endpoints.get(target.path);
  if (endpoint === undefined) return plainAnswer(404, '404 page not found');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return plainAnswer(405, 'method not allowed', { allow: 'GET, HEAD' });
  return endpoint(target.asked);
}

/** These are documents for programs: no browser shall make anything of them. */
const SAFE = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;
/** Who came by HTTPS once comes by nothing else for a year (RFC 6797). */
const BY_HTTPS_ALONE = { 'strict-transport-security': 'max-age=31536000' } as const;

interface Circumstances {
  readonly isTls: boolean;
  readonly isHead: boolean;
  readonly hasBody: boolean;
}

function send(response: ServerResponse, answer: Answer, { isTls, isHead, hasBody }: Circumstances): void {
  response.writeHead(answer.status, {
    ...SAFE,
    ...(isTls ? BY_HTTPS_ALONE : {}),
    ...answer.headers,
    ...(answer.status === 304 ? {} : { 'content-length': Buffer.byteLength(answer.body) }),
    ...(hasBody ? { connection: 'close' } : {}), // nobody waits for what nobody reads
  });
  response.end(isHead ? undefined : answer.body);
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

const FIELD_MAX_CHARS = 256;

/** SPIRE's names; what a stranger sends is cut. */
const lineOf = ({ socket, method, url, headers }: IncomingMessage) => ({
  'remote-addr': `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`,
  method,
  url: url?.slice(0, FIELD_MAX_CHARS),
  'user-agent': headers['user-agent']?.slice(0, FIELD_MAX_CHARS),
});

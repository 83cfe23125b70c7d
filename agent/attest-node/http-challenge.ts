/**
 * An HTTP server under this host's name, which gives the server's nonce back while the node attests (SPIRE: http_challenge).
 * Listed in registry.ts.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname as ownHostname } from 'node:os';
import { utf8 } from '../../shared/bytes.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { challengePath } from '../../shared/http-challenge.ts';
import { listenFailure } from '../../shared/listen-failure.ts';
import type { HttpChallengeConfig } from '../config/node-attestor-plugin.ts';
import type { NodeAttestor, Proof } from './node-attestor.ts';

const TIME_MAX_MS = 10_000; // of a request; SPIRE's
const CONNECTIONS_MAX = 64; // the server opens one
const HEADERS_MAX_BYTES = 8_192;
const NONCE = /^[\w-]{1,128}={0,2}$/; // base64, URL-safe

export const httpChallenge = (config: HttpChallengeConfig): NodeAttestor => ({
  type: 'http_challenge',
  begin: () => begin(config),
});

async function begin({ hostname, agentName, port, advertisedPort }: HttpChallengeConfig): Promise<Proof> {
  let nonce: string | undefined;
  const server = createServer(
    { maxHeaderSize: HEADERS_MAX_BYTES, requestTimeout: TIME_MAX_MS, headersTimeout: TIME_MAX_MS },
    (request, response) => serve(request, response, { path: challengePath(agentName), nonce }),
  );
  server.maxConnections = CONNECTIONS_MAX;
  const listening = await listen(server, port);
  const claim = {
    hostname: hostname ?? ownHostname(),
    agentname: agentName,
    port: advertisedPort ?? listening,
  };
  return {
    payload: utf8(JSON.stringify(claim)),
    answer: async (challenge) => {
      if (nonce !== undefined) throw refused('server sent a second challenge, where http_challenge has one');
      nonce = nonceIn(challenge);
      return utf8('\n'); // SPIRE: any answer says that it is served
    },
    end: () => close(server),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const why = listenFailure(error, { port: 'port', address: 'hostname' });
      reject(refused(`http_challenge cannot listen on port ${port}: ${why}`));
    });
    server.listen(port, () => resolve((server.address() as AddressInfo).port));
  });
}

interface Serving {
  readonly path: string;
  readonly nonce: string | undefined;
}

function serve({ method, url }: IncomingMessage, response: ServerResponse, { path, nonce }: Serving): void {
  response.setHeader('connection', 'close');
  if (method !== 'GET' || url !== path || nonce === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': 'text/plain' }).end(`${nonce}\n`);
}

function nonceIn(challenge: Uint8Array): string {
  try {
    const read: unknown = JSON.parse(Buffer.from(challenge).toString('utf8'));
    const nonce: unknown = typeof read === 'object' && read !== null ? Reflect.get(read, 'nonce') : undefined;
    if (typeof nonce === 'string' && NONCE.test(nonce)) return nonce;
  } catch {
    // said below
  }
  throw refused('server sent a challenge that is not one of http_challenge');
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

const refused = (message: string): CodedError => new CodedError(Code.failedPrecondition, message);

/** One service behind rules, built with each framework: it says who calls, and for what. Used by the tests of the client library. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import {
  authorizedListener,
  callerIdOf,
  createMtlsHttpsServer,
  expressAuthorization,
  fastifyAuthorization,
  type MtlsOptions,
  type RequestAuthorization,
} from '../../shared/client/index.ts';

export interface Guarded {
  readonly port: number;
  close(): unknown;
}

/** With mutual TLS where its options are given, else in the clear. */
type Start = (authorization: RequestAuthorization, mtls?: MtlsOptions) => Promise<Guarded>;

const serverOf = (listener: RequestListener, mtls: MtlsOptions | undefined): Server =>
  mtls === undefined ? createServer(listener) : createMtlsHttpsServer(mtls, listener);

async function listen(server: Server): Promise<Guarded> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

const startNode: Start = (authorization, mtls) => {
  const listener = authorizedListener(authorization, (request: IncomingMessage, response: ServerResponse) => {
    response.end(`${callerIdOf(request)} ${request.url}`);
  });
  return listen(serverOf(listener, mtls));
};

/** Half of it below a mount, where Express cuts the path. */
const startExpress: Start = (authorization, mtls) => {
  const app = express();
  const guard = expressAuthorization(authorization);
  app.use(
    '/api',
    guard,
    (request, response) => void response.send(`${callerIdOf(request)} ${request.originalUrl}`),
  );
  app.use(guard);
  app.use((request, response) => void response.send(`${callerIdOf(request)} ${request.originalUrl}`));
  return listen(serverOf(app, mtls));
};

const startFastify: Start = async (authorization, mtls) => {
  const app = fastify({ serverFactory: (handler) => serverOf(handler, mtls) });
  app.addHook('onRequest', fastifyAuthorization(authorization));
  app.get('/api/orders', (request) => `${callerIdOf(request)} ${request.url}`);
  app.setNotFoundHandler((request, reply) => reply.code(200).send(`${callerIdOf(request)} ${request.url}`));
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
};

export const guardedServices: Readonly<Record<string, Start>> = {
  'node:http': startNode,
  Express: startExpress,
  Fastify: startFastify,
};

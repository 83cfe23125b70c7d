/**
 * What the client library costs a service: a handshake and a call, both sides in this process, in CPU time. The limit is
 * the same without the library: node:tls with certificates on both sides and OpenSSL's own verification; for
 * `1-way` and for calls, plain TLS, where the server alone has a certificate. Calls are on a connection that is kept.
 */
import {
  Client,
  credentials,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer as createHttpsServer, request, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { connect, createServer } from 'node:tls';
import { type Dispatcher, Agent as UndiciAgent, request as requestByUndici } from 'undici';
import {
  authorizeAny,
  authorizedListener,
  authorizeId,
  connectMtls,
  createMtlsHttpsServer,
  createMtlsServer,
  MtlsAgent,
} from '../../shared/client/index.ts';
import { mtlsChannelCredentials, mtlsServerCredentials } from '../../shared/client/grpc/index.ts';
import { MtlsDispatcher } from '../../shared/client/undici.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { tlsOptions } from '../../shared/tls/protocols.ts';
import { FakeTrustDomain, type FakeWorkload } from '../fakes/trust-domain.ts';
import type { Report } from './report.ts';

const BENCH = 'client-mtls';
const ROUNDS = 5;
const HANDSHAKES = 60;
const CALLS = 400;
const RULES = 100;

type Deed = () => Promise<unknown>;

interface Setting {
  readonly web: FakeWorkload;
  readonly job: FakeWorkload;
  /** What ends when all is measured. */
  readonly closing: (() => unknown)[];
}

export async function run(report: Report): Promise<void> {
  const domain = await FakeTrustDomain.make();
  const setting: Setting = {
    web: await domain.workload('/web'),
    job: await domain.workload('/job'),
    closing: [],
  };
  try {
    for (const { metric, count, library, plain } of await deeds(setting)) {
      const { value, limit } = await compare(count, library, plain);
      report.add({ bench: BENCH, metric, value, unit: 'us', limit, ratio: limit / value });
    }
  } finally {
    for (const close of setting.closing.toReversed()) close();
    await domain.stop();
  }
}

interface Comparison {
  readonly metric: string;
  readonly count: number;
  readonly library: Deed;
  readonly plain: Deed;
}

const deeds = async (setting: Setting): Promise<readonly Comparison[]> => [
  {
    metric: 'cpu per handshake',
    count: HANDSHAKES,
    library: await handshake(setting),
    plain: await plainHandshake(setting, { isMutual: true }),
  },
  {
    metric: 'cpu per handshake/1-way',
    count: HANDSHAKES,
    library: await handshake(setting),
    plain: await plainHandshake(setting, { isMutual: false }),
  },
  {
    metric: 'cpu per https call',
    count: CALLS,
    library: await https(setting),
    plain: await plainHttps(setting),
  },
  {
    metric: 'cpu per guarded call',
    count: CALLS,
    library: await guarded(setting),
    plain: await plainHttps(setting),
  },
  {
    metric: 'cpu per undici call',
    count: CALLS,
    library: await undici(setting),
    plain: await plainUndici(setting),
  },
  {
    metric: 'cpu per grpc call',
    count: CALLS,
    library: await grpc(setting),
    plain: await plainGrpc(setting),
  },
];

/** Microseconds of CPU for one deed: the best of several rounds of each, taken in turn. */
async function compare(count: number, library: Deed, plain: Deed): Promise<{ value: number; limit: number }> {
  const best = { value: Number.POSITIVE_INFINITY, limit: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round += 1) {
    best.limit = Math.min(best.limit, await cpuUs(count, plain));
    best.value = Math.min(best.value, await cpuUs(count, library));
  }
  return best;
}

async function cpuUs(count: number, deed: Deed): Promise<number> {
  const before = process.cpuUsage();
  for (let at = 0; at < count; at += 1) await deed();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

async function listen({ closing }: Setting, server: NetServer | HttpsServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const host = '127.0.0.1';
const greet = (socket: { end(text: string): unknown }): unknown => socket.end('hello');

async function handshake(setting: Setting): Promise<Deed> {
  const { web, job } = setting;
  const port = await listen(
    setting,
    createMtlsServer({ source: web.source, authorize: authorizeId(job.id) }, greet),
  );
  const options = { source: job.source, authorize: authorizeId(web.id) };
  return async () => untilEnd(await connectMtls(options, { host, port }));
}

async function plainHandshake(setting: Setting, { isMutual }: { isMutual: boolean }): Promise<Deed> {
  const own = { ...contextOf(setting.web), requestCert: isMutual, rejectUnauthorized: isMutual };
  const port = await listen(setting, createServer(own, greet));
  const { cert, key, ...trust } = contextOf(setting.job);
  const options = { host, port, ...trust, ...(isMutual ? { cert, key } : {}), ...ANY_NAME };
  return () => untilEnd(connect(options));
}

/** The certificates hold no host names. */
const ANY_NAME = { servername: 'example.org', checkServerIdentity: () => undefined };

const untilEnd = (socket: NodeJS.ReadableStream): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject).once('close', resolve).resume();
  });

function contextOf({ source }: FakeWorkload) {
  const { chain, privateKey } = source.identity();
  const pem = (der: Uint8Array): string => formatPem('CERTIFICATE', der);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const ca = (source.authorities('example.org') ?? []).map(pem);
  return { ...tlsOptions(false), cert: chain.map(pem).join(''), key, ca };
}

async function https(setting: Setting): Promise<Deed> {
  const { web, job, closing } = setting;
  const options = { source: web.source, authorize: authorizeId(job.id) };
  const port = await listen(
    setting,
    createMtlsHttpsServer(options, (_request, response) => greet(response)),
  );
  const agent = new MtlsAgent({ source: job.source, authorize: authorizeId(web.id) });
  closing.push(() => agent.destroy());
  return () => get(agent, port);
}

/** Behind a hundred rules, of which the last one allows. */
async function guarded(setting: Setting): Promise<Deed> {
  const { web, job, closing } = setting;
  const options = { source: web.source, authorize: authorizeId(job.id) };
  const others = Array.from({ length: RULES - 1 }, (_, at) => ({
    peers: authorizeAny,
    paths: [`/a/b${at}`],
  }));
  const rules = [...others, { peers: authorizeId(job.id), methods: ['GET'], paths: ['/'] }];
  const listener = authorizedListener({ rules }, (_request: IncomingMessage, response: ServerResponse) =>
    greet(response),
  );
  const port = await listen(setting, createMtlsHttpsServer(options, listener));
  const agent = new MtlsAgent({ source: job.source, authorize: authorizeId(web.id) });
  closing.push(() => agent.destroy());
  return () => get(agent, port);
}

async function undici(setting: Setting): Promise<Deed> {
  const { web, job, closing } = setting;
  const options = { source: web.source, authorize: authorizeId(job.id) };
  const port = await listen(
    setting,
    createMtlsHttpsServer(options, (_request, response) => greet(response)),
  );
  const own = { source: job.source, authorize: authorizeId(web.id) };
  const dispatcher = new MtlsDispatcher(own, { connections: 1 });
  closing.push(() => dispatcher.destroy());
  return () => fetchText(dispatcher, port);
}

async function plainUndici(setting: Setting): Promise<Deed> {
  const server = createHttpsServer(contextOf(setting.web), (_request, response) => greet(response));
  const port = await listen(setting, server);
  const { ca } = contextOf(setting.job);
  const dispatcher = new UndiciAgent({ connections: 1, allowH2: false, connect: { ca, ...ANY_NAME } });
  setting.closing.push(() => dispatcher.destroy());
  return () => fetchText(dispatcher, port);
}

async function fetchText(dispatcher: Dispatcher, port: number): Promise<string> {
  const { body } = await requestByUndici(`https://${host}:${port}/`, { dispatcher });
  return body.text();
}

async function plainHttps(setting: Setting): Promise<Deed> {
  const server = createHttpsServer(contextOf(setting.web), (_request, response) => greet(response));
  const port = await listen(setting, server);
  const { ca } = contextOf(setting.job);
  const agent = new Agent({ keepAlive: true, ca, ...ANY_NAME });
  setting.closing.push(() => agent.destroy());
  return () => get(agent, port);
}

const get = (agent: Agent, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const call = request({ agent, host, port }, (response) => {
      untilEnd(response).then(resolve, reject);
    });
    call.once('error', reject);
    call.end();
  });

async function grpc(setting: Setting): Promise<Deed> {
  const { web, job } = setting;
  const creds = mtlsServerCredentials({ source: web.source, authorize: authorizeId(job.id) });
  const address = await serveGrpc(setting, creds);
  const channel = mtlsChannelCredentials({ source: job.source, authorize: authorizeId(web.id) });
  return callGrpc(setting, new Client(address, channel));
}

async function plainGrpc(setting: Setting): Promise<Deed> {
  const own = contextOf(setting.web);
  const pair = { private_key: Buffer.from(own.key), cert_chain: Buffer.from(own.cert) };
  const address = await serveGrpc(setting, ServerCredentials.createSsl(null, [pair]));
  const { ca } = contextOf(setting.job);
  const trust = Buffer.from(ca.join(''));
  const channel = credentials.createSsl(trust, null, null, { checkServerIdentity: () => undefined });
  return callGrpc(setting, new Client(address, channel, { 'grpc.ssl_target_name_override': 'example.org' }));
}

const asIs = (bytes: Buffer): Buffer => bytes;
const PATH = '/bench.Greeter/Greet';
const HELLO = Buffer.from('hello');

async function serveGrpc({ closing }: Setting, creds: ServerCredentials): Promise<string> {
  const server = new Server();
  const how = {
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  server.addService(
    { greet: { path: PATH, requestStream: false, responseStream: false, ...how } },
    { greet: (_call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => done(null, HELLO) },
  );
  closing.push(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:0`, creds, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return `${host}:${port}`;
}

function callGrpc({ closing }: Setting, client: Client): Deed {
  closing.push(() => client.close());
  return () =>
    new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest(PATH, asIs, asIs, HELLO, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
}

/** A resumed TLS session brings no certificate: no server of the library may take one, before and after a rotation. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Server } from '@grpc/grpc-js';
import {
  authorizeId,
  createMtlsHttp2Server,
  createMtlsHttpsServer,
  createMtlsServer,
  type MtlsOptions,
} from '../../../shared/client/index.ts';
import { mtlsServerCredentials } from '../../../shared/client/grpc/index.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { withKeyPem } from '../../../shared/tls/key-pem.ts';
import { FakeTrustDomain, type FakeWorkload } from '../../fakes/trust-domain.ts';

type Listener = {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
  close(): unknown;
};

const listen = async (server: Listener): Promise<{ port: number; close: () => unknown }> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
};

async function bindGrpc(options: MtlsOptions): Promise<{ port: number; close: () => unknown }> {
  const server = new Server();
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', mtlsServerCredentials(options), (_error, bound) => resolve(bound));
  });
  return { port, close: () => server.forceShutdown() };
}

const servers: Readonly<
  Record<string, (options: MtlsOptions) => Promise<{ port: number; close: () => unknown }>>
> = {
  tls: (options) => listen(createMtlsServer(options, (socket) => socket.on('error', () => {}))),
  https: (options) => listen(createMtlsHttpsServer(options, (_request, response) => response.end('in'))),
  http2: (options) => listen(createMtlsHttp2Server(options, (_request, response) => response.end('in'))),
  grpc: bindGrpc,
};

describe('TLS sessions', () => {
  let domain: FakeTrustDomain;
  let web: FakeWorkload;
  let job: FakeWorkload;
  before(async () => {
    domain = await FakeTrustDomain.make();
    web = await domain.workload('/web');
    job = await domain.workload('/job');
  });
  after(() => domain.stop());

  /** A secured connection, and whether it resumed a session. */
  async function dial(
    port: number,
    options: ConnectionOptions,
  ): Promise<{ socket: TLSSocket; reused: boolean }> {
    const to = { port, host: '127.0.0.1', servername: 'example.org', ALPNProtocols: ['h2', 'http/1.1'] };
    const socket = connect({ ...to, rejectUnauthorized: false, ...options });
    socket.on('error', () => {});
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('close', () => reject(new Error('closed')));
    });
    return { socket, reused: socket.isSessionReused() };
  }

  for (const [name, serve] of Object.entries(servers)) {
    it(`are not resumed by a server for ${name}`, async () => {
      const { port, close } = await serve({ source: web.source, authorize: authorizeId(job.id) });
      const { chain, privateKey } = job.source.identity();
      const cert = chain.map((der) => formatPem('CERTIFICATE', der)).join('');
      const own = withKeyPem(privateKey, (key) => ({ cert, key: Buffer.from(key) }));
      for (const rotate of [async () => {}, () => web.renew()]) {
        await rotate();
        const { socket } = await dial(port, own);
        const sessions = [socket.getSession()];
        socket.on('session', (session) => sessions.push(session));
        socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        await new Promise((resolve) =>
          name === 'tls' ? setImmediate(resolve) : socket.once('data', resolve),
        );
        socket.destroy();
        for (const session of sessions) {
          if (session === undefined) continue;
          for (const identity of [own, {}]) {
            const again = await dial(port, { ...identity, session });
            assert.equal(again.reused, false);
            again.socket.destroy();
          }
        }
      }
      close();
    });
  }
});

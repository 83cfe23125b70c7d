/** https.Agent, keep-alive and rotation; what a server that is refused gets to see. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { authorizeId, createMtlsHttpsServer, MtlsAgent, peerIdOf } from '../../../shared/client/index.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { permissionDenied } from '../../../shared/errors.ts';
import { withKeyPem } from '../../../shared/tls/key-pem.ts';
import { FakeTrustDomain, type FakeWorkload } from '../../fakes/trust-domain.ts';

interface Answer {
  readonly body: string;
  readonly socket: Socket;
}

describe('MtlsAgent', () => {
  let domain: FakeTrustDomain;
  let web: FakeWorkload;
  let job: FakeWorkload;
  let agent: MtlsAgent;
  let port: number;
  /** Called with each request to /wait, which is answered when it calls back. */
  let waiting: (answer: () => void) => void = () => {};
  const closing: (() => unknown)[] = [];

  before(async () => {
    domain = await FakeTrustDomain.make();
    web = await domain.workload('/web');
    job = await domain.workload('/job');
    const options = { source: web.source, authorize: authorizeId(job.id) };
    const server = createMtlsHttpsServer(options, (incoming, response) => {
      const socket = incoming.socket as TLSSocket;
      const answer = (): void => void response.end(`${peerIdOf(socket)} ${serialOf(socket)}`);
      if (incoming.url === '/wait') waiting(answer);
      else answer();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    agent = new MtlsAgent({ source: job.source, authorize: authorizeId(web.id) });
    closing.push(
      () => server.close(),
      () => agent.destroy(),
    );
  });
  after(async () => {
    for (const close of closing.toReversed()) close();
    await domain.stop();
  });

  const serialOf = (socket: TLSSocket): string =>
    BigInt(`0x${socket.getPeerX509Certificate()?.serialNumber ?? assert.fail()}`).toString();

  async function get(path = '/'): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const call = request({ agent, host: '127.0.0.1', port, path }, (response) => {
      const { socket } = response;
      void textOf(response).then((body) => resolve({ body, socket }), reject);
    });
    call.once('error', reject);
    call.end();
    const answer = await promise;
    await new Promise((done) => setImmediate(done)); // the agent takes its connection back
    return answer;
  }

  async function textOf(response: IncomingMessage): Promise<string> {
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return text;
  }

  it('keeps a connection for the next request, until a rotation: then a new one presents the new SVID', async () => {
    const first = await get();
    assert.equal(first.body, `${job.id} ${job.serialNumber}`);
    assert.equal((await get()).socket, first.socket);
    await job.renew();
    assert.equal(first.socket.destroyed, true, 'it was idle');
    const second = await get();
    assert.notEqual(second.socket, first.socket);
    assert.equal(second.body, `${job.id} ${job.serialNumber}`);
  });

  it('keeps a connection when nothing but the server or the bundle changes', async () => {
    const first = await get();
    await web.renew();
    assert.equal((await get()).socket, first.socket);
  });

  it('lets a request that is under way during a rotation end in peace, on the connection that it has', async () => {
    const asked = Promise.withResolvers<() => void>();
    waiting = asked.resolve;
    const old = job.serialNumber;
    const answering = get('/wait');
    const answer = await asked.promise;
    await domain.rotateAuthority(async () => {});
    answer();
    const { body, socket } = await answering;
    assert.equal(body, `${job.id} ${old}`);
    assert.notEqual((await get()).socket, socket);
    assert.equal(socket.destroyed, true);
  });

  it('fails at once without an identity, and goes on when there is one again', async () => {
    await job.lose(permissionDenied('no identity issued'));
    await assert.rejects(get(), /no X\.509-SVID at the moment: no identity issued/);
    await job.renew();
    assert.equal((await get()).body, `${job.id} ${job.serialNumber}`);
  });

  it('sends not a byte of a request to a server that it refuses', async () => {
    let heard = 0;
    const { chain, privateKey } = job.source.identity(); // not web
    const cert = chain.map((der) => formatPem('CERTIFICATE', der)).join('');
    const impostor = withKeyPem(privateKey, (key) =>
      createServer({ key, cert, requestCert: true, rejectUnauthorized: false }, (socket) => {
        socket.on('error', () => {});
        socket.on('data', (bytes) => (heard += bytes.length));
        socket.on('close', () => impostor.emit('over'));
      }),
    );
    impostor.on('tlsClientError', () => impostor.emit('over'));
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    const over = new Promise((resolve) => impostor.once('over', resolve));
    const address = { host: '127.0.0.1', port: (impostor.address() as AddressInfo).port };
    const call = request({ agent, ...address, method: 'POST', headers: { authorization: 'secret' } });
    const failed = new Promise<Error>((resolve) => call.once('error', resolve));
    call.end('x'.repeat(100_000));
    assert.match((await failed).message, /unexpected peer spiffe:\/\/example\.org\/job/);
    await over;
    assert.equal(heard, 0);
    impostor.close();
  });
});

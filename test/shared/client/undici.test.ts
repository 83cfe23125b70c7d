/** fetch and undici's requests over mutual TLS: whom they reach, and what a rotation costs. */
import assert from 'node:assert/strict';
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { fetch as fetchOfUndici, request } from 'undici';
import {
  type Authorizer,
  authorizeAny,
  authorizeId,
  CodedError,
  createMtlsHttpsServer,
  peerIdOf,
} from '../../../shared/client/index.ts';
import { MtlsDispatcher } from '../../../shared/client/undici.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { permissionDenied } from '../../../shared/errors.ts';
import { withKeyPem } from '../../../shared/tls/key-pem.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeTrustDomain, type FakeWorkload } from '../../fakes/trust-domain.ts';

const ROTATIONS = 5;
const LOOPS = 8;

describe('MtlsDispatcher', () => {
  let domain: FakeTrustDomain;
  let web: FakeWorkload;
  let job: FakeWorkload;
  let url: string;
  let connections = 0;
  /** Requests to /wait that are not answered yet. */
  let waiting = Promise.withResolvers<() => void>();
  const closing: (() => unknown)[] = [];

  before(async () => {
    domain = await FakeTrustDomain.make();
    web = await domain.workload('/web');
    job = await domain.workload('/job');
    url = await serve(web, authorizeId(job.id));
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });
  after(async () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await domain.stop();
  });

  const servers: HttpServer[] = [];
  async function listen(server: HttpServer): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  const answer: RequestListener = (incoming, response) => {
    const socket = incoming.socket as TLSSocket;
    const serial = BigInt(`0x${socket.getPeerX509Certificate()?.serialNumber ?? 0}`);
    const end = (): void => void response.end(`${peerIdOf(socket)} ${serial}`);
    if (incoming.url === '/wait') waiting.resolve(end);
    else end();
  };

  async function serve(as: FakeWorkload, authorize: Authorizer): Promise<string> {
    const server = createMtlsHttpsServer({ source: as.source, authorize }, answer);
    server.on('secureConnection', () => (connections += 1));
    return `https://127.0.0.1:${await listen(server)}`;
  }

  function dispatcherOf(as: FakeWorkload, authorize: Authorizer = authorizeId(web.id)): MtlsDispatcher {
    const dispatcher = new MtlsDispatcher({ source: as.source, authorize }, { connections: LOOPS });
    closing.push(() => dispatcher.destroy());
    return dispatcher;
  }

  async function get(dispatcher: MtlsDispatcher, at = url): Promise<string> {
    const { body } = await request(at, { dispatcher });
    return body.text();
  }

  /** What the library refused a server with: fetch wraps it, request does not. */
  const causeOf = (error: unknown): string =>
    error instanceof CodedError
      ? error.message
      : error instanceof Error
        ? causeOf(error.cause)
        : String(error);

  it("gives undici's fetch, and Node's own, an identity", async () => {
    const dispatcher = dispatcherOf(job);
    const mine = `${job.id} ${job.serialNumber}`;
    assert.equal(await (await fetchOfUndici(url, { dispatcher })).text(), mine);
    const init = { dispatcher } as unknown as RequestInit; // its types are those of another version of undici
    assert.equal(await (await fetch(url, init)).text(), mine);
  });

  it('keeps a connection, until the SVID is renewed: then a new one presents the new SVID', async () => {
    const options = { source: job.source, authorize: authorizeId(web.id) };
    const dispatcher = new MtlsDispatcher(options, { connections: 1 });
    closing.push(() => dispatcher.destroy());
    const before = connections;
    assert.equal(await get(dispatcher), `${job.id} ${job.serialNumber}`);
    await get(dispatcher);
    await web.renew();
    await get(dispatcher);
    assert.equal(connections, before + 1);
    await job.renew();
    assert.equal(await get(dispatcher), `${job.id} ${job.serialNumber}`);
    assert.equal(connections, before + 2);
  });

  it('verifies by the bundle of now: a kept connection to a server that lost its trust is used no more', async () => {
    const dispatcher = dispatcherOf(job);
    await get(dispatcher);
    const { authorities } = domain;
    await job.renew([await domain.makeAuthority()]);
    await assert.rejects(get(dispatcher), /cannot be verified/);
    await job.renew(authorities);
    assert.equal(await get(dispatcher), `${job.id} ${job.serialNumber}`);
  });

  it('uses no kept connection to a server whose SVID has expired', async () => {
    const clock = new FakeClock(new Date());
    const elsewhere = await FakeTrustDomain.make({ clock });
    const [late, caller] = [await elsewhere.workload('/web'), await elsewhere.workload('/job')];
    const at = await serve(late, authorizeAny);
    const dispatcher = dispatcherOf(caller);
    const half = 31 * 60_000; // of an hour
    await clock.advance(half);
    await caller.renew();
    await get(dispatcher, at);
    await clock.advance(half);
    await assert.rejects(get(dispatcher, at), /expired/);
    await late.renew();
    assert.equal(await get(dispatcher, at), `${caller.id} ${caller.serialNumber}`);
    await dispatcher.destroy();
    await elsewhere.stop();
  });

  it('loses no request in rotations of SVIDs and authority under load', async () => {
    const dispatcher = dispatcherOf(job);
    const before = connections;
    let isOver = false;
    let requests = 0;
    const loops = Array.from({ length: LOOPS }, async () => {
      while (!isOver) {
        assert.match(await get(dispatcher), /^spiffe:\/\/example\.org\/job \d+$/);
        requests += 1;
      }
    });
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1)
      await domain.rotateAuthority(async () => {
        const enough = requests + LOOPS;
        while (requests < enough) await new Promise((resolve) => setImmediate(resolve));
      });
    isOver = true;
    await Promise.all(loops);
    assert.ok(connections >= before + 3 * ROTATIONS, 'each SVID has been presented');
    assert.equal(await get(dispatcher), `${job.id} ${job.serialNumber}`);
  });

  it('lets a request that is under way during a rotation end in peace, and closing waits for it', async () => {
    const dispatcher = dispatcherOf(job);
    waiting = Promise.withResolvers();
    const old = job.serialNumber;
    const answering = get(dispatcher, `${url}/wait`);
    const finish = await waiting.promise;
    await job.renew();
    assert.equal(await get(dispatcher), `${job.id} ${job.serialNumber}`);
    const closed = dispatcher.close();
    finish();
    assert.equal(await answering, `${job.id} ${old}`);
    await closed;
    await assert.rejects(get(dispatcher), /destroyed/);
  });

  it('ends what is under way when it is destroyed, and follows its source no more', async () => {
    const followers = job.countFollowers();
    const dispatcher = dispatcherOf(job);
    waiting = Promise.withResolvers();
    const answering = get(dispatcher, `${url}/wait`);
    await waiting.promise;
    await job.renew();
    const ended = assert.rejects(answering, /enough/);
    await dispatcher.destroy(new Error('enough'));
    await ended;
    assert.equal(followers(), 0);
  });

  it('fails at once without an identity, and goes on when there is one again', async () => {
    const dispatcher = dispatcherOf(job);
    await get(dispatcher);
    await job.lose(permissionDenied('no identity issued'));
    await assert.rejects(get(dispatcher), /no X\.509-SVID at the moment: no identity issued/);
    await job.renew();
    assert.equal(await get(dispatcher), `${job.id} ${job.serialNumber}`);
  });

  it('refuses a server with another ID, or of a trust domain whose bundle is not held, also where a redirect leads to', async () => {
    const stranger = await FakeTrustDomain.make({ name: 'example.org' }); // the name alone does not help
    const impostor = await serve(await stranger.workload('/web'), authorizeAny);
    const other = await serve(job, authorizeAny);
    const dispatcher = dispatcherOf(job);
    await assert.rejects(get(dispatcher, impostor), /cannot be verified/);
    await assert.rejects(get(dispatcher, other), /unexpected peer spiffe:\/\/example\.org\/job/);
    const server = createMtlsHttpsServer(
      { source: web.source, authorize: authorizeAny },
      (incoming, response) =>
        response.writeHead(307, { location: incoming.url === '/plain' ? plain : other }).end(),
    );
    const from = `https://127.0.0.1:${await listen(server)}`;
    const plain = `http://127.0.0.1:${await listen(createServer(() => assert.fail('reached')))}`;
    const follow = async (path: string): Promise<string> => {
      const failed = fetchOfUndici(from + path, { dispatcher, method: 'POST', body: 'secret' });
      return failed.then(() => assert.fail('reached'), causeOf);
    };
    assert.match(await follow('/'), /unexpected peer/);
    assert.match(await follow('/plain'), /http: has no TLS, and so no identity/);
    await stranger.stop();
  });

  it('is refused by a server that does not want it, or whose bundle lacks its trust domain', async () => {
    const notMe = await serve(web, authorizeId(web.id));
    await assert.rejects(get(dispatcherOf(job), notMe));
    const stranger = await FakeTrustDomain.make({ name: 'friend.test' });
    const foreigner = await stranger.workload('/job');
    await assert.rejects(get(dispatcherOf(foreigner, authorizeAny)));
    await stranger.stop();
  });

  it('sends not a byte of a request to a server that it refuses', async () => {
    let heard = 0;
    const { chain, privateKey } = job.source.identity(); // not web
    const cert = chain.map((der) => formatPem('CERTIFICATE', der)).join('');
    const over = Promise.withResolvers<void>();
    const impostor = withKeyPem(privateKey, (key) =>
      createTlsServer({ key, cert, requestCert: true, rejectUnauthorized: false }, (socket) => {
        socket.on('error', () => {});
        socket.on('data', (bytes) => (heard += bytes.length));
        socket.on('close', () => over.resolve());
      }),
    );
    impostor.on('tlsClientError', () => over.resolve());
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    const { port } = impostor.address() as AddressInfo;
    await assert.rejects(get(dispatcherOf(job), `https://127.0.0.1:${port}`), /unexpected peer/);
    await over.promise;
    assert.equal(heard, 0);
    impostor.close();
  });
});

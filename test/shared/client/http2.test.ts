import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect as connectHttp2, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  authorizeId,
  connectMtlsHttp2,
  createMtlsHttp2Server,
  createMtlsServer,
  peerIdOf,
  type SpiffeId,
} from '../../../shared/client/index.ts';
import { FakeTrustDomain, type FakeWorkload } from '../../fakes/trust-domain.ts';

const ROTATIONS = 5;

describe('HTTP/2 with X.509-SVIDs', () => {
  let domain: FakeTrustDomain;
  let web: FakeWorkload;
  let job: FakeWorkload;
  const closing: (() => unknown)[] = [];

  before(async () => {
    domain = await FakeTrustDomain.make();
    web = await domain.workload('/web');
    job = await domain.workload('/job');
  });
  after(async () => {
    for (const close of closing.toReversed()) close();
    await domain.stop();
  });

  async function serve(client: SpiffeId): Promise<{ port: number; server: Http2SecureServer }> {
    const server = createMtlsHttp2Server(
      { source: web.source, authorize: authorizeId(client) },
      (request, response) => response.end(`hello ${peerIdOf(request.socket)}`),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    return { port: (server.address() as AddressInfo).port, server };
  }

  async function dial(port: number, server = web.id): Promise<ClientHttp2Session> {
    const options = { source: job.source, authorize: authorizeId(server) };
    const session = await connectMtlsHttp2(options, { host: '127.0.0.1', port });
    closing.push(() => session.destroy());
    session.on('error', () => {});
    return session;
  }

  async function get(session: ClientHttp2Session): Promise<string> {
    const stream = session.request({ ':path': '/' });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  }

  it('lets both sides know each other by SPIFFE ID', async () => {
    const { port } = await serve(job.id);
    const session = await dial(port);
    assert.ok(peerIdOf(session.socket).equals(web.id));
    assert.equal(await get(session), `hello ${job.id}`);
  });

  it('refuses a server with another ID', async () => {
    const { port } = await serve(job.id);
    await assert.rejects(dial(port, job.id), /unexpected peer spiffe:\/\/example\.org\/web/);
  });

  it('lets nobody in without a certificate, nor with another ID, and makes no session of them', async () => {
    const { port, server } = await serve(web.id);
    for (const event of ['session', 'stream', 'request']) server.on(event, () => assert.fail('let in'));
    const stranger = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    stranger.on('error', () => {});
    for (const session of [await dial(port), stranger]) {
      const answer = await get(session).catch(() => 'refused');
      assert.doesNotMatch(answer, /hello/);
      await new Promise<void>((resolve) => (session.destroyed ? resolve() : session.once('close', resolve)));
    }
  });

  it('says so when the server has no HTTP/2', async () => {
    const server = createMtlsServer({ source: web.source, authorize: authorizeId(job.id) }, (socket) =>
      socket.on('error', () => {}),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await assert.rejects(dial((server.address() as AddressInfo).port), /does not speak HTTP\/2/);
    server.close();
  });

  it('keeps an open session through rotations, while new ones get the SVID of their moment', async () => {
    const { port } = await serve(job.id);
    const old = await dial(port);
    const serials = new Set<string>();
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      await domain.rotateAuthority(async () => {
        const session = await dial(port);
        const socket = session.socket as unknown as { getPeerX509Certificate(): { serialNumber: string } };
        serials.add(socket.getPeerX509Certificate().serialNumber);
        assert.deepEqual(await Promise.all([get(old), get(session)]), [`hello ${job.id}`, `hello ${job.id}`]);
        session.close();
      });
    }
    assert.equal(serials.size, 3 * ROTATIONS);
  });
});

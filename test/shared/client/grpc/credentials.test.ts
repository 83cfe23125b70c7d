import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { authorizeAny, authorizeId, connectMtls, type SpiffeId } from '../../../../shared/client/index.ts';
import { mtlsChannelCredentials, mtlsServerCredentials } from '../../../../shared/client/grpc/index.ts';
import { permissionDenied } from '../../../../shared/errors.ts';
import { ask, echo, EchoService, openEcho } from '../../../fakes/echo-service.ts';
import { FakeTrustDomain, type FakeWorkload } from '../../../fakes/trust-domain.ts';

const ROTATIONS = 20;

describe('credentials for @grpc/grpc-js', () => {
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

  /** A service that lets this client in. */
  async function serve(client: SpiffeId): Promise<{ address: string; service: EchoService }> {
    const service = new EchoService();
    closing.push(() => service.stop());
    const creds = mtlsServerCredentials({ source: web.source, authorize: authorizeId(client) });
    return { address: await service.bind(creds), service };
  }

  function dial(address: string, as: FakeWorkload, server: SpiffeId): Client {
    const creds = mtlsChannelCredentials({ source: as.source, authorize: authorizeId(server) });
    const client = new Client(address, creds, { 'grpc.use_local_subchannel_pool': 1 });
    closing.push(() => client.close());
    return client;
  }

  async function once(address: string, as = job, server = web.id): Promise<string> {
    const client = dial(address, as, server);
    try {
      return await ask(client);
    } finally {
      client.close();
    }
  }

  it('let both sides know each other by SPIFFE ID', async () => {
    const { address } = await serve(job.id);
    assert.equal(await once(address), `ssl ${job.id}`);
  });

  it('refuse a server with another ID, and say which', async () => {
    const { address, service } = await serve(job.id);
    await assert.rejects(once(address, job, job.id), (error: ServiceError) => {
      assert.equal(error.code, status.UNAVAILABLE);
      assert.match(error.details, /unexpected peer spiffe:\/\/example\.org\/web/);
      return true;
    });
    assert.equal(service.asked, 0);
  });

  it('refuse a client with another ID before it can ask anything', async () => {
    const { address, service } = await serve(web.id);
    await assert.rejects(once(address), (error: ServiceError) => error.code === status.UNAVAILABLE);
    assert.equal(service.asked, 0);
  });

  it('refuse clients of a trust domain whose bundle is not held', async () => {
    const { address, service } = await serve(job.id);
    const other = await FakeTrustDomain.make({ name: 'example.org' }); // the name alone does not help
    const impostor = await other.workload('/job');
    await assert.rejects(once(address, impostor));
    assert.equal(service.asked, 0);
    await other.stop();
  });

  it('answer nothing on a connection without a certificate, not even which methods there are', async () => {
    const { address } = await serve(job.id);
    for (const path of ['/test.Echo/Who', '/test.Echo/Nothing']) {
      const session = connectHttp2(`https://${address}`, { rejectUnauthorized: false });
      session.on('error', () => {});
      const stream = session.request({
        ':path': path,
        ':method': 'POST',
        'content-type': 'application/grpc',
      });
      let answered = false;
      stream.on('response', () => (answered = true));
      stream.on('error', () => {});
      await new Promise((resolve) => stream.once('close', resolve));
      assert.equal(answered, false);
      session.destroy();
    }
  });

  it('keep to what call credentials add', async () => {
    const { address } = await serve(job.id);
    const metadata = new Metadata();
    metadata.set('token', 'of the caller');
    const channel = mtlsChannelCredentials({ source: job.source, authorize: authorizeId(web.id) });
    const composed = credentials.combineChannelCredentials(
      channel,
      credentials.createFromMetadataGenerator((_call, done) => done(null, metadata)),
    );
    const client = new Client(address, composed);
    assert.equal(await ask(client), `ssl ${job.id} of the caller`);
    client.close();
  });

  it(`lose no call and no connection in ${ROTATIONS} rotations of SVIDs and authority, and use what is new at once`, async () => {
    const { address, service } = await serve(job.id);
    const old = dial(address, job, web.id);
    const stream = openEcho(old);
    const failed: unknown[] = [];
    stream.on('error', (error) => failed.push(error));
    const serials = new Set<string>();
    let calls = 0;
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      await domain.rotateAuthority(async () => {
        const underWay = ask(old);
        serials.add(await presented(address));
        assert.equal(await once(address), `ssl ${job.id}`);
        assert.equal(await echo(stream, `round ${rotation}`), `round ${rotation}`);
        assert.equal(await underWay, `ssl ${job.id}`);
        calls += 2;
      });
    }
    assert.equal(serials.size, 3 * ROTATIONS, 'each new connection sees the SVID of its moment');
    assert.equal(service.asked, calls);
    assert.deepEqual(failed, []);
    stream.end();
    old.close();
  });

  /** The serial number of the certificate that the server presents to a new connection. */
  async function presented(address: string): Promise<string> {
    const [host = '', port = ''] = address.split(':');
    const socket = await connectMtls(
      { source: job.source, authorize: authorizeAny },
      { host, port: Number(port) },
    );
    const serial = socket.getPeerX509Certificate()?.serialNumber ?? assert.fail();
    socket.destroy();
    assert.equal(BigInt(`0x${serial}`).toString(), web.serialNumber);
    return serial;
  }

  it('drop connections while there is no identity, and serve again when it is back', async () => {
    const { address } = await serve(job.id);
    await web.lose(permissionDenied('no identity issued'));
    await assert.rejects(once(address), (error: ServiceError) => error.code === status.UNAVAILABLE);
    await web.renew();
    assert.equal(await once(address), `ssl ${job.id}`);
    await job.lose(permissionDenied('no identity issued'));
    assert.throws(() => dial(address, job, web.id), /no X\.509-SVID at the moment: no identity issued/);
    await job.renew();
    assert.equal(await once(address), `ssl ${job.id}`);
  });

  it('let a handler ask whether the peer is still trusted', async () => {
    const { address } = await serve(job.id);
    const client = dial(address, job, web.id);
    assert.equal(await ask(client, 'check'), `ssl ${job.id}`);
    await domain.rotateAuthority(async () => {});
    await assert.rejects(ask(client, 'check'), (error: ServiceError) => {
      assert.equal(error.code, status.UNAUTHENTICATED);
      return /cannot be verified/.test(error.details);
    });
    assert.equal(await ask(client), `ssl ${job.id}`, 'the connection itself lives on');
  });

  it('follow their source as long as a port is bound, and no longer', async () => {
    const followers = web.countFollowers();
    const { address, service } = await serve(job.id);
    assert.equal(await once(address), `ssl ${job.id}`);
    assert.equal(followers(), 1);
    service.stop();
    while (followers() > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

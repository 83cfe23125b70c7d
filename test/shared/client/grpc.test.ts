import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import {
  Client,
  credentials,
  type ClientDuplexStream,
  Metadata,
  type sendUnaryData,
  Server,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  authorizeAny,
  authorizeId,
  checkPeer,
  connectMtls,
  mtlsChannelCredentials,
  mtlsServerCredentials,
  peerIdOf,
  type SpiffeId,
} from '../../../shared/client/index.ts';
import { messageOf, permissionDenied } from '../../../shared/errors.ts';
import { FakeTrustDomain, type FakeWorkload } from '../../fakes/trust-domain.ts';

const asIs = (bytes: Buffer): Buffer => bytes;
const how = {
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};
const service = {
  who: { path: '/test.Echo/Who', requestStream: false, responseStream: false, ...how },
  check: { path: '/test.Echo/Check', requestStream: false, responseStream: false, ...how },
  echo: { path: '/test.Echo/Echo', requestStream: true, responseStream: true, ...how },
} satisfies ServiceDefinition;

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

  /** A server that lets this client in, and how often it was asked. */
  async function serve(
    client: SpiffeId,
  ): Promise<{ address: string; asked: () => number; stop: () => void }> {
    let asked = 0;
    const server = new Server();
    server.addService(service, {
      who: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        asked += 1;
        assert.equal(call.getAuthContext().transportSecurityType, 'ssl');
        done(null, Buffer.from(`${peerIdOf(call)} ${call.metadata.get('token').join('')}`.trim()));
      },
      check: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        try {
          done(null, Buffer.from(checkPeer(call).toString()));
        } catch (error) {
          done({ code: status.UNAUTHENTICATED, details: messageOf(error) });
        }
      },
      echo: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (bytes: Buffer) => call.write(bytes));
        call.on('end', () => call.end());
        call.on('error', () => {});
      },
    });
    const creds = mtlsServerCredentials({ source: web.source, authorize: authorizeId(client) });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', creds, (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    const stop = (): void => server.forceShutdown();
    closing.push(stop);
    return { address: `127.0.0.1:${port}`, asked: () => asked, stop };
  }

  function dial(address: string, as: FakeWorkload, server: SpiffeId): Client {
    const creds = mtlsChannelCredentials({ source: as.source, authorize: authorizeId(server) });
    const client = new Client(address, creds, { 'grpc.use_local_subchannel_pool': 1 });
    closing.push(() => client.close());
    return client;
  }

  function who(client: Client, { path } = service.who): Promise<string> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + 20_000;
      client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), { deadline }, (error, answer) =>
        error === null ? resolve(String(answer)) : reject(error),
      );
    });
  }

  async function once(address: string, as = job, server = web.id): Promise<string> {
    const client = dial(address, as, server);
    try {
      return await who(client);
    } finally {
      client.close();
    }
  }

  it('let both sides know each other by SPIFFE ID', async () => {
    const { address } = await serve(job.id);
    assert.equal(await once(address), job.id.toString());
  });

  it('refuse a server with another ID, and say which', async () => {
    const { address, asked } = await serve(job.id);
    await assert.rejects(once(address, job, job.id), (error: ServiceError) => {
      assert.equal(error.code, status.UNAVAILABLE);
      assert.match(error.details, /unexpected peer spiffe:\/\/example\.org\/web/);
      return true;
    });
    assert.equal(asked(), 0);
  });

  it('refuse a client with another ID before it can ask anything', async () => {
    const { address, asked } = await serve(web.id);
    await assert.rejects(once(address), (error: ServiceError) => error.code === status.UNAVAILABLE);
    assert.equal(asked(), 0);
  });

  it('refuse clients of a trust domain whose bundle is not held', async () => {
    const { address, asked } = await serve(job.id);
    const other = await FakeTrustDomain.make({ name: 'example.org' }); // the name alone does not help
    const impostor = await other.workload('/job');
    await assert.rejects(once(address, impostor));
    assert.equal(asked(), 0);
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
    assert.equal(await who(client), `${job.id} of the caller`);
    client.close();
  });

  it(`lose no call and no connection in ${ROTATIONS} rotations of SVIDs and authority, and use what is new at once`, async () => {
    const { address, asked } = await serve(job.id);
    const old = dial(address, job, web.id);
    const stream = old.makeBidiStreamRequest(service.echo.path, asIs, asIs);
    const failed: unknown[] = [];
    stream.on('error', (error) => failed.push(error));
    const serials = new Set<string>();
    let calls = 0;
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      await domain.rotateAuthority(async () => {
        const underWay = who(old);
        serials.add(await presented(address));
        assert.equal(await once(address), job.id.toString());
        assert.equal(await echo(stream, `round ${rotation}`), `round ${rotation}`);
        assert.equal(await underWay, job.id.toString());
        calls += 2;
      });
    }
    assert.equal(serials.size, 3 * ROTATIONS, 'each new connection sees the SVID of its moment');
    assert.equal(asked(), calls);
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

  function echo(stream: ClientDuplexStream<Buffer, Buffer>, text: string): Promise<string> {
    const answer = new Promise<string>((resolve) =>
      stream.once('data', (bytes: Buffer) => resolve(String(bytes))),
    );
    stream.write(Buffer.from(text));
    return answer;
  }

  it('drop connections while there is no identity, and serve again when it is back', async () => {
    const { address } = await serve(job.id);
    await web.lose(permissionDenied('no identity issued'));
    await assert.rejects(once(address), (error: ServiceError) => error.code === status.UNAVAILABLE);
    await web.renew();
    assert.equal(await once(address), job.id.toString());
    await job.lose(permissionDenied('no identity issued'));
    assert.throws(() => dial(address, job, web.id), /no X\.509-SVID at the moment: no identity issued/);
    await job.renew();
    assert.equal(await once(address), job.id.toString());
  });

  it('let a handler ask whether the peer is still trusted', async () => {
    const { address } = await serve(job.id);
    const client = dial(address, job, web.id);
    assert.equal(await who(client, service.check), job.id.toString());
    await domain.rotateAuthority(async () => {});
    await assert.rejects(who(client, service.check), (error: ServiceError) => {
      assert.equal(error.code, status.UNAUTHENTICATED);
      return /cannot be verified/.test(error.details);
    });
    assert.equal(await who(client), job.id.toString(), 'the connection itself lives on');
  });

  it('follow their source as long as a port is bound, and no longer', async () => {
    const followers = countFollowers(web);
    const { address, stop } = await serve(job.id);
    assert.equal(await once(address), job.id.toString());
    assert.equal(followers(), 1);
    stop();
    while (followers() > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

/** How many have subscribed from now on and not stopped. */
function countFollowers({ source }: FakeWorkload): () => number {
  let count = 0;
  const onUpdate = source.onUpdate.bind(source);
  source.onUpdate = (listener) => {
    const stop = onUpdate(listener);
    count += 1;
    return () => {
      stop();
      count -= 1;
    };
  };
  return () => count;
}

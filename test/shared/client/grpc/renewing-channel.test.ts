/** gRPC channels that go over to a new connection when the SVID is renewed. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Client } from '@grpc/grpc-js';
import { authorizeId } from '../../../../shared/client/index.ts';
import {
  mtlsChannelCredentials,
  mtlsServerCredentials,
  renewedBy,
} from '../../../../shared/client/grpc/index.ts';
import { permissionDenied } from '../../../../shared/errors.ts';
import { ask, echo, EchoService, openEcho } from '../../../fakes/echo-service.ts';
import { FakeTrustDomain, type FakeWorkload } from '../../../fakes/trust-domain.ts';

const ROTATIONS = 20;

describe('gRPC channels that are renewed', () => {
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

  async function serve(): Promise<{ address: string; service: EchoService }> {
    const service = new EchoService();
    closing.push(() => service.stop());
    const creds = mtlsServerCredentials({ source: web.source, authorize: authorizeId(job.id) });
    return { address: await service.bind(creds), service };
  }

  function dial(address: string): Client {
    const creds = mtlsChannelCredentials({ source: job.source, authorize: authorizeId(web.id) });
    const client = new Client(address, creds, {
      channelFactoryOverride: renewedBy(job.source),
      'grpc.initial_reconnect_backoff_ms': 100,
    });
    closing.push(() => client.close());
    return client;
  }

  it('present the SVID of the moment where the channel is renewed, and lose no call nor stream to that', async () => {
    const { address, service } = await serve();
    const client = dial(address);
    const stream = openEcho(client);
    let calls = 0;
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      await (rotation % 4 === 0 ? domain.rotateAuthority(async () => {}) : job.renew());
      do {
        const answers = await Promise.all([ask(client), ask(client), ask(client)]);
        assert.deepEqual(new Set(answers), new Set([`ssl ${job.id}`]));
        calls += answers.length;
      } while (service.serial !== job.serialNumber);
      assert.equal(await echo(stream, `round ${rotation}`), `round ${rotation}`);
    }
    assert.ok(calls >= 3 * ROTATIONS);
    assert.ok(service.peers.size >= ROTATIONS, 'each SVID has had a connection of its own');
    await job.lose(permissionDenied('no identity issued'));
    assert.equal(await ask(client), `ssl ${job.id}`, 'what is connected stays so');
    await job.renew();
    stream.end();
  });

  it('lose no call that begins in the very moment in which the new connection takes over', async () => {
    const { address, service } = await serve();
    const client = dial(address);
    const answers: Promise<string>[] = [];
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      await job.renew();
      while (service.serial !== job.serialNumber) {
        answers.push(ask(client));
        await Promise.race([answers.at(-1), new Promise((resolve) => setImmediate(resolve))]);
      }
    }
    assert.deepEqual(new Set(await Promise.all(answers)), new Set([`ssl ${job.id}`]));
  });

  it('go on with the old connection as long as the new one is refused', async () => {
    const { address, service } = await serve();
    const client = dial(address);
    assert.equal(await ask(client), `ssl ${job.id}`);
    const { serial } = service;
    const [old = assert.fail()] = domain.authorities;
    domain.authorities = [old, await domain.makeAuthority()];
    await job.renew(); // by an authority that the server has not heard of
    for (let call = 0; call < 50; call += 1) assert.equal(await ask(client), `ssl ${job.id}`);
    assert.equal(service.serial, serial);
    await web.renew();
    while (service.serial === serial) assert.equal(await ask(client), `ssl ${job.id}`);
    assert.equal(service.serial, job.serialNumber);
  });

  it('let the connections of SVIDs that were replaced go with their last call', async () => {
    const service = new EchoService();
    const creds = mtlsServerCredentials({ source: web.source, authorize: authorizeId(job.id) });
    const injector = service.server.createConnectionInjector(creds);
    const open = new Set<Socket>();
    const listener = createServer((socket) => {
      open.add(socket.once('close', () => open.delete(socket)));
      injector.injectConnection(socket);
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    closing.push(
      () => listener.close(),
      () => service.stop(),
    );
    const address = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
    const client = dial(address);
    const stream = openEcho(client);
    stream.on('error', () => {});
    assert.equal(await echo(stream, 'begun'), 'begun');
    const settle = async (count: number): Promise<void> => {
      while (open.size !== count) assert.equal(await ask(client), `ssl ${job.id}`);
    };
    for (let rotation = 0; rotation < 3; rotation += 1) {
      await job.renew();
      await ask(client);
      await settle(2); // the stream's, and the one of the moment
      assert.equal(await echo(stream, 'still there'), 'still there');
    }
    stream.cancel();
    await settle(1);
    client.close();
    while (open.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('follow their source as long as a renewed channel is open, and no longer', async () => {
    const { address } = await serve();
    const creds = mtlsChannelCredentials({ source: job.source, authorize: authorizeId(web.id) });
    const followers = job.countFollowers();
    const client = new Client(address, creds, {
      channelFactoryOverride: renewedBy(job.source),
      'grpc.initial_reconnect_backoff_ms': 100,
    });
    assert.equal(followers(), 1);
    assert.equal(await ask(client), `ssl ${job.id}`);
    await job.renew();
    client.close(); // while the next connection is being made
    assert.equal(followers(), 0);
    await assert.rejects(ask(client));
  });
});

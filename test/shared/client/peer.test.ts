/** What becomes of a connection whose peer's SVID expires or loses its trust. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import {
  authorizeMemberOf,
  checkPeer,
  connectMtls,
  createMtlsServer,
  type MtlsOptions,
  peerExpiryOf,
  peerIdOf,
} from '../../../shared/client/index.ts';
import { permissionDenied } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeTrustDomain, type FakeWorkload } from '../../fakes/trust-domain.ts';

const HOUR_MS = 3_600_000;

describe('the peer of a connection', () => {
  let clock: FakeClock;
  let domain: FakeTrustDomain;
  let web: FakeWorkload;
  let job: FakeWorkload;
  const closing: (() => unknown)[] = [];

  beforeEach(async () => {
    clock = new FakeClock();
    domain = await FakeTrustDomain.make({ clock });
    web = await domain.workload('/web');
    job = await domain.workload('/job');
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) close();
    await domain.stop();
  });

  const optionsOf = ({ source, id }: FakeWorkload, more: Partial<MtlsOptions> = {}): MtlsOptions => ({
    source,
    authorize: authorizeMemberOf(id.trustDomain),
    ...more,
  });

  /** Both ends of one connection: job's, web's. */
  async function connect(more: Partial<MtlsOptions> = {}): Promise<{ client: TLSSocket; server: TLSSocket }> {
    const accepted = Promise.withResolvers<TLSSocket>();
    const listener = createMtlsServer(optionsOf(web, more), (socket) => {
      socket.on('error', () => {});
      accepted.resolve(socket);
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    const client = await connectMtls(optionsOf(job), { host: '127.0.0.1', port });
    client.on('error', () => {});
    const server = await accepted.promise;
    closing.push(
      () => listener.close(),
      () => client.destroy(),
      () => server.destroy(),
    );
    return { client, server };
  }

  it('is known by its SPIFFE ID, its SVID’s end, and as authorized', async () => {
    const { client, server } = await connect();
    assert.ok(peerIdOf(client).equals(web.id));
    assert.ok(peerIdOf(server).equals(job.id));
    assert.equal(peerExpiryOf(server).getTime(), clock.now().getTime() + HOUR_MS);
    assert.deepEqual([client.authorized, server.authorized], [true, true]);
    assert.throws(() => peerIdOf(new Socket()), /has not been verified/);
    assert.throws(
      () => peerIdOf({ getAuthContext: () => ({ transportSecurityType: 'ssl' }) }),
      /not been verified/,
    );
  });

  it('keeps its connection after its SVID has expired, but no longer passes a check', async () => {
    const { server } = await connect();
    assert.ok(checkPeer(server).equals(job.id));
    await web.renew();
    await clock.advance(HOUR_MS + 1);
    await web.renew();
    assert.equal(server.destroyed, false);
    assert.ok(peerIdOf(server).equals(job.id));
    assert.throws(() => checkPeer(server), /cannot be verified/);
  });

  it('keeps its connection after its authority was given up, but no longer passes a check', async () => {
    const { server } = await connect();
    await domain.rotateAuthority(async () => {});
    assert.equal(server.destroyed, false);
    assert.throws(() => checkPeer(server), /cannot be verified/);
  });

  it('loses its connection when its SVID expires, where that is asked for', async () => {
    const { server } = await connect({ closesUntrusted: true });
    await clock.advance(HOUR_MS);
    assert.equal(server.destroyed, false);
    await web.renew();
    await clock.advance(1);
    assert.equal(server.destroyed, true);
    assert.equal(clock.sleeping, 0);
  });

  it('loses its connection when its authority is given up, where that is asked for, and not before', async () => {
    const { server } = await connect({ closesUntrusted: true });
    let phase = 0;
    await domain.rotateAuthority(async () => {
      phase += 1;
      assert.equal(server.destroyed, phase === 3, `phase ${phase}`);
    });
  });

  it('loses its connection when it is no longer authorized, or we have no identity, where that is asked for', async () => {
    let isWanted = true;
    const authorize = (): void => {
      if (!isWanted) throw permissionDenied('not any more');
    };
    const { server } = await connect({ closesUntrusted: true, authorize });
    await web.renew();
    assert.equal(server.destroyed, false);
    isWanted = false;
    await web.renew();
    assert.equal(server.destroyed, true);
    isWanted = true;
    const again = await connect({ closesUntrusted: true, authorize });
    await web.lose(permissionDenied('no identity issued'));
    assert.equal(again.server.destroyed, true);
  });

  it('is not watched beyond its connection', async () => {
    const { client, server } = await connect({ closesUntrusted: true });
    assert.equal(clock.sleeping, 1);
    client.destroy();
    await new Promise((resolve) => server.resume().once('close', resolve));
    await clock.until(() => clock.sleeping === 0);
  });
});

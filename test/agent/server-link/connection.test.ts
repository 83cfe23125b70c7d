import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { findServerTrust } from '../../../agent/bootstrap/trust-bundle.ts';
import { BundleClient } from '../../../agent/server-link/bundle-client.ts';
import { ServerConnection } from '../../../agent/server-link/connection.ts';
import { verifyServer } from '../../../agent/server-link/verify-server.ts';
import { Positions } from '../../../agent/sync/position.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeServer } from '../../fakes/server-api.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';

const TD = TrustDomain.parse('example.org');

describe('the connection to a server', () => {
  const clock = new FakeClock();
  let server: FakeServer;
  const open: ServerConnection[] = [];

  beforeEach(async () => {
    server = await FakeServer.start({ clock });
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await server.stop();
  });

  function connect(
    authorities: readonly Uint8Array[] = [server.authority.root.raw],
    port = server.port,
    host = '127.0.0.1',
  ) {
    const connection = new ServerConnection({
      host,
      port,
      trustDomain: TD,
      requirePqKem: false,
      identity: () => undefined,
      verifyServer: verifyServer({
        trust: () => ({ kind: 'authorities', authorities }),
        trustDomain: TD,
        clock,
      }),
    });
    open.push(connection);
    return { connection, bundles: new BundleClient(connection, TD, new Positions()) };
  }

  it('gets the bundle of a server that its own bundle vouches for', async () => {
    const bundle = await connect().bundles.getBundle();
    assert.deepEqual(bundle.x509Authorities[0]?.certificate, server.authority.root.raw);
  });

  it('says that the server is not trusted, and why, with the bundle of somebody else', async () => {
    const other = await FakeAuthority.make(
      'example.org',
      addSeconds(clock.now(), -60),
      addSeconds(clock.now(), 60),
    );
    await assert.rejects(
      connect([other.root.raw]).bundles.getBundle(),
      /server is not trusted: X509-SVID "spiffe:\/\/example.org\/spire\/server" cannot be verified/,
    );
  });

  it('says that the certificate of the server has expired', async () => {
    await server.stop();
    await server.start('/spire/server', -5);
    await assert.rejects(connect().bundles.getBundle(), /server is not trusted: .*expired/);
  });

  it('refuses another workload of the trust domain that poses as the server', async () => {
    await server.stop();
    await server.start('/web');
    await assert.rejects(
      connect().bundles.getBundle(),
      /it is "spiffe:\/\/example.org\/web", not "spiffe:\/\/example.org\/spire\/server"/,
    );
  });

  it('says that what listens on the port does not speak TLS', async () => {
    const plain = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    try {
      await assert.rejects(
        connect(undefined, plain.port).bundles.getBundle(),
        /does not speak TLS: is server_port right/,
      );
    } finally {
      plain.server.close();
    }
  });

  it('says that nothing listens on the port', async () => {
    await server.stop();
    await assert.rejects(connect().bundles.getBundle(), /nothing listens there/);
  });

  it('says that the name of the server cannot be resolved', async () => {
    await assert.rejects(
      connect(undefined, server.port, 'no-such-host.invalid').bundles.getBundle(),
      /its name cannot be resolved/,
    );
  });

  it('lets calls on the old connection end in peace when it is replaced', async () => {
    const { connection, bundles } = connect();
    const held = Promise.withResolvers<void>();
    server.gates['GetBundle'] = held.promise;
    const call = bundles.getBundle();
    await clock.until(() => server.calls.length === 1);
    connection.replace();
    server.gates = {};
    await bundles.getBundle();
    assert.equal(server.connectionCount, 2);
    held.resolve();
    await call;
    await clock.until(() => server.connectionCount === 1);
  });

  it('comes back after the server was away, without being told', async () => {
    const { bundles } = connect();
    await bundles.getBundle();
    await server.stop();
    await assert.rejects(bundles.getBundle());
    await server.start();
    const answers = (): Promise<boolean> =>
      bundles.getBundle().then(
        () => true,
        () => false,
      );
    await clock.until(answers, 'an answer');
  });
});

it('trusts anyone who says that it is the server only when told to', async () => {
  const clock = new FakeClock();
  const authority = await FakeAuthority.make(
    'example.org',
    addSeconds(clock.now(), -60),
    addSeconds(clock.now(), 60),
  );
  const { certificatePem } = await authority.serve({
    spiffeId: 'spiffe://example.org/spire/server',
    notBefore: addSeconds(clock.now(), -60),
    notAfter: addSeconds(clock.now(), 60),
  });
  const chain = [new Uint8Array(Buffer.from(certificatePem.replace(/-----[^-]+-----|\s/g, ''), 'base64'))];
  const trust = findServerTrust({ stored: [], config: { kind: 'insecure' }, trustDomain: TD });
  verifyServer({ trust: () => trust, trustDomain: TD, clock })(chain);
  const elsewhere = TrustDomain.parse('elsewhere.org');
  assert.throws(
    () => verifyServer({ trust: () => trust, trustDomain: elsewhere, clock })(chain),
    /it is "spiffe:\/\/example.org\/spire\/server"/,
  );
});

async function listen(
  onConnection: (socket: { end(text: string): unknown }) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

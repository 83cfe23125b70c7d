/** mTLS with peers and trust domains that are unusual but right. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from 'node:net';
import { describe, it } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import {
  authorizeAny,
  authorizeId,
  connectMtls,
  createMtlsHttpsServer,
  createMtlsServer,
  peerIdOf,
  SpiffeId,
  X509Source,
} from '../../../shared/client/index.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { FakeWorkloadApi } from '../../fakes/workload-api-server.ts';
import { type Changes, makeIntermediate, makeLeaf, makeRoot, named } from '../crypto/pki.ts';

const HOUR_MS = 3_600_000;

interface World {
  readonly id: SpiffeId;
  readonly source: X509Source;
}

/** A workload of this trust domain, below an intermediate that the root signed. */
async function withWorkload(
  { trustDomain, root: changes = {} }: { readonly trustDomain: string; readonly root?: Changes },
  deed: (world: World) => Promise<void>,
): Promise<void> {
  const validity = {
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
  };
  const td = `spiffe://${trustDomain}`;
  const root = await makeRoot({ ...validity, uriSans: [], ...changes });
  const ca = await makeIntermediate(root, { ...validity, uriSans: [td] });
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const leaf = await makeLeaf(ca, { ...validity, publicKey, uriSans: [`${td}/web`] });
  const api = new FakeWorkloadApi();
  await api.start();
  api.set({
    response: {
      svids: [
        {
          spiffe_id: `${td}/web`,
          x509_svid: Buffer.concat([leaf.certificate.raw, ca.certificate.raw]),
          x509_svid_key: Buffer.from(privateKeyToPkcs8(privateKey)),
          bundle: Buffer.from(root.certificate.raw),
        },
      ],
    },
  });
  const source = await X509Source.create({ address: api.address });
  try {
    await deed({ id: SpiffeId.parse(`${td}/web`), source });
  } finally {
    source.close();
    await api.stop();
  }
}

/** Connects the workload to itself; who each side says the other is. */
async function meet({ id, source }: World): Promise<readonly SpiffeId[]> {
  const options = { source, authorize: authorizeId(id) };
  const seen = Promise.withResolvers<SpiffeId>();
  const server = createMtlsServer(options, (socket) => {
    seen.resolve(peerIdOf(socket));
    socket.end();
  });
  server.on('tlsClientError', (error) => seen.reject(error));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const socket: TLSSocket = await connectMtls(options, { host: '127.0.0.1', port });
    socket.resume();
    return [peerIdOf(socket), await seen.promise];
  } finally {
    server.close();
  }
}

describe('mTLS with X.509-SVIDs', () => {
  it('believes in authorities that are no X509-SVIDs, or not self-signed, when the bundle holds them', async () => {
    const roots: readonly Changes[] = [{ keyUsage: [] }, { issuerName: named('somebody above') }];
    for (const root of roots) {
      await withWorkload({ trustDomain: 'example.org', root }, async (world) => {
        assert.deepEqual(await meet(world), [world.id, world.id]);
      });
    }
  });

  it('works for trust domains whose names are no host names', async () => {
    for (const trustDomain of ['1.2.3.4', 'a..b', 'under_score']) {
      await withWorkload({ trustDomain }, async (world) => {
        assert.deepEqual(await meet(world), [world.id, world.id]);
      });
    }
  });

  it('rejects when the connection ends during the handshake, or its signal aborts', async () => {
    await withWorkload({ trustDomain: 'example.org' }, async ({ id, source }) => {
      const silent = createTcpServer((socket) => socket.once('data', () => silent.emit('greeted', socket)));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const address = { host: '127.0.0.1', port: (silent.address() as AddressInfo).port };
      const options = { source, authorize: authorizeId(id) };
      silent.once('greeted', (socket: Socket) => socket.end());
      await assert.rejects(connectMtls(options, address));
      const giveUp = new AbortController();
      silent.once('greeted', () => giveUp.abort(new Error('enough')));
      await assert.rejects(connectMtls(options, { ...address, signal: giveUp.signal }), /enough/);
      silent.close();
    });
  });

  it('closes connections whose handshake fails or takes too long', async () => {
    await withWorkload({ trustDomain: 'example.org' }, async ({ source }) => {
      const server = createMtlsServer({ source, authorize: authorizeAny }, () => assert.fail('let in'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const silent = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
      const [accepted] = (await once(server, 'connection')) as [Socket];
      server.emit('tlsClientError', new Error('as after a timeout'), accepted);
      await once(silent, 'close');
      server.close();
    });
  });

  it('answers no HTTPS request of a client without a certificate', async () => {
    await withWorkload({ trustDomain: 'example.org' }, async ({ source }) => {
      const server = createMtlsHttpsServer({ source, authorize: authorizeAny }, () => assert.fail('let in'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const stranger = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
      stranger.on('error', () => {});
      stranger.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      let answer = '';
      stranger.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      await new Promise((resolve) => stranger.once('close', resolve));
      assert.equal(answer, '');
      server.close();
    });
  });
});

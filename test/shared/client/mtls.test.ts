import assert from 'node:assert/strict';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { after, before, describe, it } from 'node:test';
import type { X509SVIDResponse } from '../../../proto/gen/X509SVIDResponse.ts';
import {
  authorizeAny,
  authorizeId,
  authorizeMemberOf,
  connectMtls,
  createMtlsHttpsServer,
  createMtlsServer,
  MtlsAgent,
  peerIdOf,
  SpiffeId,
  TrustDomain,
  X509Source,
} from '../../../shared/client/index.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { permissionDenied } from '../../../shared/errors.ts';
import { FakeWorkloadApi } from '../../fakes/workload-api-server.ts';
import { type Entity, makeLeaf, makeRoot } from '../crypto/pki.ts';

const HOUR_MS = 3_600_000;
const validity = () => ({
  notBefore: new Date(Date.now() - HOUR_MS),
  notAfter: new Date(Date.now() + HOUR_MS),
});

async function response(
  root: Entity,
  id: string,
  bundle: readonly Entity[] = [root],
): Promise<X509SVIDResponse> {
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const leaf = await makeLeaf(root, { publicKey, uriSans: [id], ...validity() });
  return {
    svids: [
      {
        spiffe_id: id,
        x509_svid: Buffer.from(leaf.certificate.raw),
        x509_svid_key: Buffer.from(privateKeyToPkcs8(privateKey)),
        bundle: Buffer.concat(bundle.map(({ certificate }) => certificate.raw)),
      },
    ],
  };
}

const portOf = (server: { address(): AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port;

describe('mTLS with X.509-SVIDs from the Workload API', () => {
  const apis = { server: new FakeWorkloadApi(), client: new FakeWorkloadApi() };
  const web = SpiffeId.parse('spiffe://example.org/web');
  const job = SpiffeId.parse('spiffe://example.org/job');
  let root: Entity;
  let server: X509Source;
  let client: X509Source;

  before(async () => {
    root = await makeRoot(validity());
    for (const [api, id] of [
      [apis.server, web],
      [apis.client, job],
    ] as const) {
      await api.start();
      api.set({ response: await response(root, id.toString()) });
    }
    server = await X509Source.create({ address: apis.server.address });
    client = await X509Source.create({ address: apis.client.address });
  });
  after(async () => {
    server.close();
    client.close();
    await apis.server.stop();
    await apis.client.stop();
  });

  /** Connects once; what each side saw, or the error. */
  async function tryConnect(wanted: { server: SpiffeId; client: SpiffeId }): Promise<string> {
    const listener = createMtlsServer({ source: server, authorize: authorizeId(wanted.client) }, (socket) => {
      socket.end(`hello ${peerIdOf(socket)}`);
    });
    listener.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    try {
      const options = { source: client, authorize: authorizeId(wanted.server) };
      const socket = await connectMtls(options, { host: '127.0.0.1', port: portOf(listener) });
      const chunks: string[] = [];
      for await (const chunk of socket) chunks.push(String(chunk));
      return `${peerIdOf(socket)}: ${chunks.join('')}`;
    } finally {
      listener.close();
    }
  }

  it('lets both sides know each other by SPIFFE ID', async () => {
    assert.equal(await tryConnect({ server: web, client: job }), `${web}: hello ${job}`);
  });

  it('refuses a server with another ID', async () => {
    await assert.rejects(
      tryConnect({ server: job, client: job }),
      /unexpected peer spiffe:\/\/example.org\/web/,
    );
  });

  it('gives a client with another ID nothing', async () => {
    const seen = await tryConnect({ server: web, client: web }).catch((error: unknown) => String(error));
    assert.doesNotMatch(seen, /hello/);
  });

  it('refuses a client without a certificate', async () => {
    const listener = createMtlsServer({ source: server, authorize: authorizeAny }, () =>
      assert.fail('let in'),
    );
    listener.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const socket = connect({ host: '127.0.0.1', port: portOf(listener), rejectUnauthorized: false });
    const outcome = await new Promise<string>((resolve) => {
      socket.once('error', () => resolve('refused'));
      socket.once('close', () => resolve('closed'));
      socket.once('data', () => resolve('answered'));
    });
    assert.notEqual(outcome, 'answered');
    listener.close();
  });

  it('refuses an SVID that another trust domain signed, though both bundles are held', async () => {
    const foreign = await makeRoot({ ...validity(), uriSans: ['spiffe://other.test'] });
    const forged = new FakeWorkloadApi();
    await forged.start();
    // An authority of other.test signs for example.org; the server holds both bundles.
    forged.set({ response: await response(foreign, web.toString(), [foreign]) });
    const impostor = await X509Source.create({ address: forged.address });
    const both = await response(root, job.toString());
    apis.client.set({
      response: {
        ...both,
        federated_bundles: { 'spiffe://other.test': Buffer.from(foreign.certificate.raw) },
      },
    });
    await new Promise<void>((resolve) => {
      const stop = client.onUpdate(() => {
        stop();
        resolve();
      });
    });
    const listener = createMtlsServer({ source: impostor, authorize: authorizeAny }, (socket) =>
      socket.end(),
    );
    listener.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const connecting = connectMtls(
      { source: client, authorize: authorizeAny },
      { host: '127.0.0.1', port: portOf(listener) },
    );
    await assert.rejects(connecting);
    listener.close();
    impostor.close();
    await forged.stop();
  });

  it('serves HTTPS to members of the trust domain and follows rotation without a restart', async () => {
    const authorize = authorizeMemberOf(TrustDomain.parse('example.org'));
    const listener = createMtlsHttpsServer({ source: server, authorize }, (incoming, outgoing) => {
      outgoing.end(`hello ${peerIdOf(incoming.socket)}`);
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const serials = new Set<string>();
    for (let round = 0; round < 2; round += 1) {
      const agent = new MtlsAgent({ source: client, authorize: authorizeId(web) });
      const { body, serial } = await get(agent, portOf(listener));
      assert.equal(body, `hello ${job}`);
      serials.add(serial);
      agent.destroy();
      const rotated = new Promise<void>((resolve) => server.onUpdate(resolve));
      apis.server.set({ response: await response(root, web.toString()) });
      await rotated;
    }
    assert.equal(serials.size, 2, 'the second connection must see another certificate');
    listener.close();
  });

  it('has no identity any more once PermissionDenied took it away, and gets it back', async () => {
    const changes = () =>
      new Promise<void>((resolve) => {
        const stop = client.onUpdate(() => {
          stop();
          resolve();
        });
      });
    const lost = changes();
    apis.client.set({ error: permissionDenied('no identity issued') });
    await lost;
    assert.throws(() => client.identity(), /no X.509-SVID/);
    const back = changes();
    apis.client.set({ response: await response(root, job.toString()) });
    await back;
    assert.equal(client.identity().svid.id.toString(), job.toString());
  });
});

function get(agent: MtlsAgent, port: number): Promise<{ body: string; serial: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ agent, host: '127.0.0.1', port }, (incoming) => {
      const serial = (incoming.socket as TLSSocket).getPeerCertificate().fingerprint256;
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.once('end', () => resolve({ body, serial }));
    });
    call.once('error', reject);
    call.end();
  });
}

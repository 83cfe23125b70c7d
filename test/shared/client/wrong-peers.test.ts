/** Peers that must be refused, by every kind of server and of client: who they are makes no difference to how they try. */
import assert from 'node:assert/strict';
import { createServer, request as requestHttps, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Client, credentials, type ServerCredentials } from '@grpc/grpc-js';
import express from 'express';
import { Agent, request } from 'undici';
import {
  authorizeAny,
  authorizeId,
  createMtlsHttpsServer,
  expressAuthorization,
  MtlsAgent,
  type MtlsOptions,
  SpiffeId,
  X509Source,
} from '../../../shared/client/index.ts';
import { mtlsChannelCredentials, mtlsServerCredentials } from '../../../shared/client/grpc/index.ts';
import { MtlsDispatcher } from '../../../shared/client/undici.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { ask, EchoService } from '../../fakes/echo-service.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeTrustDomain } from '../../fakes/trust-domain.ts';
import { FakeWorkloadApi } from '../../fakes/workload-api-server.ts';
import { makeLeaf } from '../crypto/pki.ts';

const HALF_HOUR_MS = 1_800_000;
const WEB = SpiffeId.parse('spiffe://example.org/web');
const SHOP = SpiffeId.parse('spiffe://example.org/shop');

/** Whose SVID a peer has; the right one is an ID of the trust domain, of now. */
const PEERS = {
  right: 'the one that is wanted',
  otherId: 'one with another ID of the trust domain',
  foreign: 'one of a trust domain whose bundle is not held',
  impostor: 'one of a trust domain that calls itself the same',
  expired: 'one whose SVID has expired',
} as const;
type Peer = keyof typeof PEERS;

/** Ends whatever is open, the last first. */
const closing: (() => unknown)[] = [];

async function listen(server: HttpsServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

let served = 0;

async function bind(creds: ServerCredentials): Promise<number> {
  const service = new EchoService();
  closing.push(() => service.stop());
  const address = await service.bind(creds);
  return Number(address.split(':')[1]);
}

const startHttps: Start = (options) =>
  listen(createMtlsHttpsServer(options, (_request, response) => response.end(`${(served += 1)}`)));
const startGrpc: Start = (options) => bind(mtlsServerCredentials(options));

/** Where it listens; what it lets through, it serves. */
const servers: Readonly<Record<string, Start>> = {
  'node:https': startHttps,
  Express: ({ source, authorize }) => {
    const app = express();
    app.use(expressAuthorization({ rules: [{ peers: authorize, paths: ['/'] }] }));
    app.use((_request, response) => void response.send(`${(served += 1)}`));
    return listen(createMtlsHttpsServer({ source, authorize: authorizeAny }, app));
  },
  'grpc-js': startGrpc,
};

async function call(port: number, dispatcher: Agent | MtlsDispatcher): Promise<unknown> {
  closing.push(() => dispatcher.destroy());
  const { statusCode, body } = await request(`https://127.0.0.1:${port}/`, { dispatcher });
  await body.text();
  assert.equal(statusCode, 200);
  return statusCode;
}

function callGrpc(port: number, creds: ConstructorParameters<typeof Client>[1]): Promise<unknown> {
  const client = new Client(`127.0.0.1:${port}`, creds, { 'grpc.use_local_subchannel_pool': 1 });
  closing.push(() => client.close());
  return ask(client);
}

function callHttps(port: number, agent: MtlsAgent): Promise<unknown> {
  closing.push(() => agent.destroy());
  return new Promise((resolve, reject) => {
    const made = requestHttps({ agent, host: '127.0.0.1', port }, (response) => resolve(response.resume()));
    made.once('error', reject).end();
  });
}

type Start = (options: MtlsOptions) => Promise<number>;
type CallAs = (port: number, options: MtlsOptions) => Promise<unknown>;

const throughUndici: CallAs = (port, options) => call(port, new MtlsDispatcher(options));
const throughGrpc: CallAs = (port, options) => callGrpc(port, mtlsChannelCredentials(options));

/** Each kind of client, with a server that it can talk to. */
const clients: Readonly<Record<string, { readonly start: Start; readonly callAs: CallAs }>> = {
  undici: { start: startHttps, callAs: throughUndici },
  'node:https': { start: startHttps, callAs: (port, options) => callHttps(port, new MtlsAgent(options)) },
  'grpc-js': { start: startGrpc, callAs: throughGrpc },
};

const untrusting = { rejectUnauthorized: false };
const withoutCertificate: Readonly<Record<string, (port: number) => Promise<unknown>>> = {
  'node:https': (port) => call(port, new Agent({ connect: untrusting })),
  Express: (port) => call(port, new Agent({ connect: untrusting })),
  'grpc-js': (port) => callGrpc(port, credentials.createSsl(null, null, null, untrusting)),
};

describe('of the peers of', () => {
  const clock = new FakeClock(new Date());
  let domain: FakeTrustDomain;
  let impostors: FakeTrustDomain;
  let foreigners: FakeTrustDomain;
  let clientsOwn: Readonly<Record<Peer, X509Source>>;
  let serversOwn: Readonly<Record<Peer, X509Source>>;
  const workloadApi = new FakeWorkloadApi();

  before(async () => {
    domain = await FakeTrustDomain.make({ clock });
    impostors = await FakeTrustDomain.make({ clock });
    foreigners = await FakeTrustDomain.make({ clock, name: 'foreign.test' });
    await workloadApi.start();
    const [expiredWeb, expiredShop] = [await outdated(WEB), await outdated(SHOP)];
    await clock.advance(2 * HALF_HOUR_MS + 1_000);
    clientsOwn = await sourcesOf('/web', expiredWeb);
    serversOwn = await sourcesOf('/shop', expiredShop);
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
    for (const each of [clientsOwn, serversOwn]) each.expired.close();
    await workloadApi.stop();
    for (const each of [domain, impostors, foreigners]) await each.stop();
  });

  /** The source of a peer whose clock stands, and which so goes on presenting what expires. */
  async function outdated(id: SpiffeId): Promise<X509Source> {
    workloadApi.set({ response: await domain.issue(id.toString()) });
    const standing = new FakeClock(new Date(clock.now().getTime() + HALF_HOUR_MS));
    return X509Source.create({ address: workloadApi.address, clock: standing });
  }

  const sourcesOf = async (path: string, expired: X509Source): Promise<Record<Peer, X509Source>> => ({
    right: (await domain.workload(path)).source,
    otherId: (await domain.workload(`${path}/other`)).source,
    foreign: (await foreigners.workload(path)).source,
    impostor: (await impostors.workload(path)).source,
    expired,
  });

  for (const [kind, start] of Object.entries(servers)) {
    const callAs = kind === 'grpc-js' ? throughGrpc : throughUndici;
    const open = (): Promise<number> => start({ source: serversOwn.right, authorize: authorizeId(WEB) });

    for (const [peer, what] of Object.entries(PEERS)) {
      it(`a server of ${kind}: ${what}`, async () => {
        const port = await open();
        const before = served;
        const calling = callAs(port, { source: clientsOwn[peer as Peer], authorize: authorizeAny });
        if (peer === 'right') await calling;
        else {
          await assert.rejects(calling);
          assert.equal(served, before);
        }
      });
    }

    it(`a server of ${kind}: one without a certificate`, async () => {
      const before = served;
      await assert.rejects(withoutCertificate[kind]?.(await open()) ?? assert.fail());
      assert.equal(served, before);
    });
  }

  for (const [kind, { start, callAs }] of Object.entries(clients)) {
    for (const [peer, what] of Object.entries(PEERS)) {
      it(`a client of ${kind}: ${what}`, async () => {
        const port = await start({ source: serversOwn[peer as Peer], authorize: authorizeAny });
        const calling = callAs(port, { source: clientsOwn.right, authorize: authorizeId(SHOP) });
        if (peer === 'right') await calling;
        else await assert.rejects(calling, /unexpected peer|cannot be verified|no X\.509 bundle for/);
      });
    }

    it(`a client of ${kind}: one whose certificate is the web's, with no SPIFFE ID`, async () => {
      const [authority] = domain.authorities;
      if (authority === undefined) assert.fail();
      const { privateKey, publicKey } = await generateKeyPair('ec-p256');
      const leaf = await makeLeaf(authority, { publicKey, uriSans: [] });
      const cert = formatPem('CERTIFICATE', leaf.certificate.raw);
      const key = formatPem('PRIVATE KEY', privateKeyToPkcs8(privateKey));
      const port = await listen(
        createServer({ cert, key, ALPNProtocols: ['h2', 'http/1.1'] }, () => assert.fail()),
      );
      await assert.rejects(
        callAs(port, { source: clientsOwn.right, authorize: authorizeAny }),
        /URI|SPIFFE ID/,
      );
    });
  }
});

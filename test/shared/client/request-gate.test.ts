/** Rules in front of services: who gets through to node:http, Express and Fastify, by certificate and by token. */
import assert from 'node:assert/strict';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  authorizeAny,
  authorizedListener,
  authorizeId,
  callerIdOf,
  connectMtlsHttp2,
  createMtlsHttp2Server,
  MtlsAgent,
  type Refusal,
  type RequestAuthorization,
  type SpiffeId,
  type TokenVerifier,
} from '../../../shared/client/index.ts';
import { readJwtBundles } from '../../../shared/client/bundle-messages.ts';
import { verifyToken } from '../../../shared/client/token-verifier.ts';
import { unavailable } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { type Guarded, guardedServices } from '../../fakes/guarded-services.ts';
import { FakeTokenIssuer } from '../../fakes/token-issuer.ts';
import { FakeTrustDomain, type FakeWorkload } from '../../fakes/trust-domain.ts';

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly challenge: string | undefined;
}

interface Call {
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly token?: string;
  /** Presents its SVID; without, the request goes in the clear. */
  readonly agent?: MtlsAgent;
}

function call({ port, path = '/api/orders', method = 'GET', token, agent }: Call): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const target = { host: '127.0.0.1', port, path, method, headers };
  const request = agent === undefined ? requestHttp(target) : requestHttps({ ...target, agent });
  request.once('response', (response) => {
    let body = '';
    response.on('data', (chunk: Buffer) => (body += chunk.toString()));
    response.once('end', () =>
      resolve({ status: response.statusCode, body, challenge: response.headers['www-authenticate'] }),
    );
  });
  request.once('error', reject);
  request.end();
  return promise;
}

/** The status of a request with this target and these lines, as it stands. */
function raw(port: number, target: string, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.once('error', reject);
    socket.once('close', () => resolve(text.split(' ')[1] ?? ''));
    const head = [`GET ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...lines, '', ''];
    socket.write(head.join('\r\n'));
  });
}

describe('rules in front of', () => {
  const clock = new FakeClock();
  let domain: FakeTrustDomain;
  let shop: FakeWorkload;
  let web: FakeWorkload;
  let job: FakeWorkload;
  let issuer: FakeTokenIssuer;
  let source: TokenVerifier;
  const refusals: Refusal[] = [];
  const closing: (() => unknown)[] = [];

  before(async () => {
    domain = await FakeTrustDomain.make();
    [shop, web, job] = await Promise.all([
      domain.workload('/shop'),
      domain.workload('/web'),
      domain.workload('/job'),
    ]);
    issuer = await FakeTokenIssuer.make(clock);
    const bundles = readJwtBundles(FakeTokenIssuer.bundles(issuer), assert.fail);
    source = {
      validate: (token, audience) => verifyToken({ token, audience, bundles, lastError: undefined, clock }),
    };
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
    await domain.stop();
  });

  const rules = (): RequestAuthorization => ({
    rules: [{ peers: authorizeId(web.id), methods: ['GET'], paths: ['/api/orders'] }],
    onRefused: (refusal) => refusals.push(refusal),
  });
  const withTokens = (): RequestAuthorization => ({ ...rules(), tokens: { source, audience: 'shop' } });
  const tokenOf = (id: SpiffeId, audience = 'shop'): Promise<string> =>
    issuer.token({ id: `${id}`, audience: [audience] });

  function agentOf(workload: FakeWorkload): MtlsAgent {
    const agent = new MtlsAgent({ source: workload.source, authorize: authorizeId(shop.id) });
    closing.push(() => agent.destroy());
    return agent;
  }

  for (const [framework, start] of Object.entries(guardedServices)) {
    const open = async (...options: Parameters<typeof start>): Promise<Guarded> => {
      const service = await start(...options);
      closing.push(() => service.close());
      return service;
    };

    it(`${framework}, by certificate: let in whom they name, refuse everybody and everything else`, async () => {
      const { port } = await open(rules(), { source: shop.source, authorize: authorizeAny });
      const agent = agentOf(web);
      const allowed = { status: 200, body: `${web.id} /api/orders?x`, challenge: undefined };
      assert.deepEqual(await call({ port, agent, path: '/api/orders?x' }), allowed);
      const forbidden = { status: 403, body: 'forbidden\n', challenge: undefined };
      assert.deepEqual(await call({ port, agent, method: 'POST' }), forbidden);
      assert.deepEqual(await call({ port, agent, path: '/api/orders2' }), forbidden);
      assert.deepEqual(await call({ port, agent, path: '/orders' }), forbidden);
      refusals.length = 0;
      assert.deepEqual(await call({ port, agent: agentOf(job) }), forbidden);
      const [refusal] = refusals;
      assert.equal(refusal?.error.message, `no rule lets ${job.id} ask for this`);
      assert.deepEqual([refusal.id, refusal.method, refusal.target], [job.id, 'GET', '/api/orders']);
      const token = await tokenOf(web.id);
      assert.deepEqual(await call({ port, agent: agentOf(job), token }), forbidden, 'tokens are not taken');
    });

    it(`${framework}, by certificate: look at a peer again when the bundle changes`, async () => {
      const { port } = await open(rules(), { source: shop.source, authorize: authorizeAny });
      const agent = agentOf(web);
      assert.equal((await call({ port, agent })).status, 200);
      const before = domain.authorities;
      domain.authorities = [await domain.makeAuthority()];
      await shop.renew();
      const { status, body } = await call({ port, agent });
      assert.deepEqual([status, body], [401, 'unauthorized\n'], 'on the connection that it had');
      domain.authorities = before;
      await shop.renew();
      assert.equal((await call({ port, agent })).status, 200);
    });

    it(`${framework}, by token: let in whom they name, for this service alone`, async () => {
      const { port } = await open(withTokens());
      const token = await tokenOf(web.id);
      assert.deepEqual(await call({ port, token }), {
        status: 200,
        body: `${web.id} /api/orders`,
        challenge: undefined,
      });
      const unauthorized = { status: 401, body: 'unauthorized\n', challenge: 'Bearer' };
      for (const wrong of [
        undefined,
        '',
        'a.b.c',
        `${token.slice(0, -4)}AAAA`,
        `${token} ${token}`,
        await tokenOf(web.id, 'bank'),
        await (await FakeTokenIssuer.make(clock)).token({ id: `${web.id}`, audience: ['shop'] }),
      ])
        assert.deepEqual(
          await call({ port, ...(wrong === undefined ? {} : { token: wrong }) }),
          unauthorized,
        );
      assert.equal((await call({ port, token: await tokenOf(job.id) })).status, 403);
      const twice = [`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`];
      assert.equal(await raw(port, '/api/orders', twice.slice(1)), '200');
      assert.equal(await raw(port, '/api/orders', twice), '401');
    });

    it(`${framework}, by either: a token decides alone, and a bad one is not made good by the connection`, async () => {
      const { port } = await open(withTokens(), { source: shop.source, authorize: authorizeAny });
      const agent = agentOf(web);
      assert.equal((await call({ port, agent })).status, 200);
      assert.equal((await call({ port, agent: agentOf(job), token: await tokenOf(web.id) })).status, 200);
      assert.equal((await call({ port, agent, token: await tokenOf(job.id) })).status, 403);
      assert.equal((await call({ port, agent, token: await tokenOf(web.id, 'bank') })).status, 401);
    });

    it(`${framework}: refuse every spelling of a path that could be another`, async () => {
      const { port } = await open(withTokens());
      const authorization = [`Authorization: Bearer ${await tokenOf(web.id)}`];
      const refused = ['400', '403', '404'];
      for (const target of [
        '/api/orders/../admin',
        '/api/orders/%2e%2e/admin',
        '/api/orders/..%2fadmin',
        '/api/orders/..;/admin',
        '/api/orders/..\\admin',
        '/api/orders//..//admin',
        '/api/orders/%252e%252e/admin',
        '/api/%6frders',
        '//api/orders',
        '/api//orders',
        '/API/orders',
        '/api/orders#/../admin',
        'http://x/api/orders',
        '*',
      ])
        assert.ok(refused.includes(await raw(port, target, authorization)), target);
      assert.equal(await raw(port, '/api/orders', authorization), '200');
    });

    it(`${framework}: answer 503 where nothing can be verified now, 500 where an authorizer fails, and let nobody in`, async () => {
      const away: TokenVerifier = {
        validate: () => {
          throw unavailable('no JWT bundles at the moment');
        },
      };
      const token = await tokenOf(web.id);
      const blind = await open({ ...rules(), tokens: { source: away, audience: 'shop' } });
      assert.equal((await call({ port: blind.port, token })).status, 503);
      const peers = (): void => {
        throw new TypeError('a mistake');
      };
      const fails = (): void => assert.fail('as a listener may');
      const failsLater = async (): Promise<void> => assert.fail('as a listener may');
      for (const onRefused of [fails, failsLater]) {
        const broken = await open({ ...withTokens(), onRefused, rules: [{ peers, paths: ['/'] }] });
        assert.deepEqual(await call({ port: broken.port, token }), {
          status: 500,
          body: 'internal server error\n',
          challenge: undefined,
        });
      }
      const says = (): boolean => true;
      const lax = await open({ ...withTokens(), rules: [{ peers: says, paths: ['/'] }] });
      assert.equal((await call({ port: lax.port, token })).status, 500);
    });
  }

  it('node:http2', async () => {
    const listener = authorizedListener(rules(), (request, response) =>
      response.end(`${callerIdOf(request)}`),
    );
    const server = createMtlsHttp2Server({ source: shop.source, authorize: authorizeAny }, listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') assert.fail();
    const session = await connectMtlsHttp2(
      { source: web.source, authorize: authorizeId(shop.id) },
      { host: '127.0.0.1', port: address.port },
    );
    const ask = async (path: string): Promise<string> => {
      let text = '';
      for await (const chunk of session.request({ ':path': path })) text += String(chunk);
      return text;
    };
    assert.equal(await ask('/api/orders'), `${web.id}`);
    assert.equal(await ask('/api/orders/../admin'), 'bad request\n');
    assert.equal(await ask('/api'), 'forbidden\n');
    session.close();
  });

  it('callers that nobody verified: none is known', () => {
    assert.throws(() => callerIdOf({ raw: {} as never }), /has not been verified/);
  });
});

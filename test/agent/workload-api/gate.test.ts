import assert from 'node:assert/strict';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Code, unavailable } from '../../../shared/errors.ts';
import type { HealthDefinition } from '../../../proto/gen/grpc/health/v1/Health.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { Door, HEADER, update } from './door.ts';

interface RawAnswer {
  readonly httpStatus: unknown;
  readonly grpcStatus: string;
  readonly message: string;
  readonly messages: number;
}

/** One empty request, as bytes of HTTP/2: what any client would see. */
function raw(path: string, rpc: string, headers: Record<string, string | string[]>): Promise<RawAnswer> {
  const session = connectHttp2('http://localhost', { createConnection: () => connect(path) });
  const request = {
    ':method': 'POST',
    ':path': rpc,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const call = session.request(request);
    let first: IncomingHttpHeaders = {};
    let last: IncomingHttpHeaders = {};
    let messages = 0;
    call.on('response', (received) => {
      first = received;
      if (received['grpc-status'] !== undefined) last = received; // no message came: headers and trailers in one
    });
    call.on('trailers', (received) => {
      last = received;
    });
    call.on('data', () => {
      messages += 1;
      call.close();
    });
    call.on('error', reject);
    call.on('close', () => {
      session.destroy();
      const [grpcStatus, message] = [
        String(last['grpc-status']),
        decodeURIComponent(String(last['grpc-message'])),
      ];
      resolve({ httpStatus: first[':status'], grpcStatus, message, messages });
    });
    call.end(Buffer.alloc(5));
  });
}

describe('the gate of the Workload API', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door();
    await door.start();
    door.identities.push(update([]));
  });
  afterEach(() => door.stop());

  const REFUSED = {
    httpStatus: 200,
    grpcStatus: '3',
    message: 'security header missing from request',
    messages: 0,
  };
  const DENIED = { httpStatus: 200, grpcStatus: '7', message: 'no identity issued', messages: 0 };
  const FETCH = '/SpiffeWorkloadAPI/FetchX509SVID';
  for (const [what, rpc, headers, expected] of [
    ['without the header', FETCH, {}, REFUSED],
    ['with the header empty', FETCH, { 'workload.spiffe.io': '' }, REFUSED],
    ['with True', FETCH, { 'workload.spiffe.io': 'True' }, REFUSED],
    ['with 1', FETCH, { 'workload.spiffe.io': '1' }, REFUSED],
    ['with true twice', FETCH, { 'workload.spiffe.io': ['true', 'true'] }, REFUSED],
    ['without the header, for bundles', '/SpiffeWorkloadAPI/FetchX509Bundles', {}, REFUSED],
    ['with true', FETCH, { 'workload.spiffe.io': 'true' }, DENIED],
  ] as const) {
    it(`answers ${expected.grpcStatus} in the trailers to a call ${what}`, async () => {
      assert.deepEqual(await raw(door.path, rpc, headers as Record<string, string>), expected);
    });
  }

  for (const rpc of ['FetchWITSVID', 'FetchWITBundles', 'Nonsense']) {
    it(`answers Unimplemented to ${rpc}`, async () => {
      const answer = await raw(door.path, `/SpiffeWorkloadAPI/${rpc}`, { 'workload.spiffe.io': 'true' });
      assert.equal(answer.grpcStatus, '12');
    });
  }

  it('checks the header before it looks at the process', async () => {
    let attested = 0;
    door.attestation = {
      attest: async () => {
        attested += 1;
        return [];
      },
    };
    await raw(door.path, FETCH, {});
    assert.equal(attested, 0);
  });

  it('answers health checks without header or attestation', async () => {
    door.attestation = { attest: async () => Promise.reject(unavailable('not to be asked')) };
    const health = new ServiceClient<HealthDefinition>('grpc.health.v1.Health', door.channel());
    assert.equal((await health.unary('Check', {})).status, 'NOT_SERVING');
    door.identities.sync = { ...door.identities.sync, lastSyncAt: new Date('2026-01-01T00:00:00Z') };
    assert.equal((await health.unary('Check', { service: 'SpiffeWorkloadAPI' })).status, 'SERVING');
    await assert.rejects(health.unary('Check', { service: 'other' }), {
      code: Code.notFound,
      message: 'unknown service',
    });
  });

  it('hides an error that is not meant for callers, and logs it', async () => {
    door.attestation = { attest: async () => Promise.reject(new Error('secret detail')) };
    const answer = await raw(door.path, FETCH, { 'workload.spiffe.io': 'true' });
    assert.deepEqual([answer.grpcStatus, answer.message], ['13', 'internal']);
    assert.deepEqual(door.log.messages('error'), ['a Workload API call failed']);
  });
});

describe('what the operator reads', () => {
  it('is one line per connection without an identity, naming the command to ask why', async () => {
    const door = new Door();
    await door.start();
    door.identities.push(update([]));
    const client = door.client();
    for (let i = 0; i < 3; i += 1)
      await assert.rejects(client.serverStream('FetchX509SVID', {}, HEADER).next());
    const lines = door.log.lines.filter(({ level }) => level === 'warn');
    assert.equal(lines.length, 1);
    const [peer] = door.peers.captured;
    assert.deepEqual(lines[0]?.fields, {
      pid: peer?.pid,
      uid: 1_000,
      method: '/SpiffeWorkloadAPI/FetchX509SVID',
      explain: `writ agent explain --pid ${peer?.pid}`,
    });
    await door.stop();
  });

  it('does not fill the disk when one user connects again and again', async () => {
    const door = new Door();
    await door.start();
    door.identities.push(update([]));
    const refused = () => assert.rejects(door.client().serverStream('FetchX509SVID', {}, HEADER).next());
    for (let i = 0; i < 60; i += 1) await refused();
    const told = () => door.log.lines.filter(({ level }) => level === 'warn');
    assert.equal(told().length, 50);
    await door.clock.advance(1_000);
    await refused();
    assert.equal(told().at(-1)?.fields['omitted'], 10);
    await door.stop();
  });

  it('names the selectors where log_selectors is set', async () => {
    const door = new Door({ config: { logSelectors: true } });
    await door.start();
    door.identities.push(update([]));
    await assert.rejects(door.client().serverStream('FetchX509SVID', {}, HEADER).next());
    assert.deepEqual(door.log.lines.find(({ level }) => level === 'warn')?.fields['selectors'], [
      'unix:uid:1000',
    ]);
    await door.stop();
  });
});

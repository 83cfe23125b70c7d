import assert from 'node:assert/strict';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Code, unavailable } from '../../../shared/errors.ts';
import type { HealthDefinition } from '../../../proto/gen/grpc/health/v1/Health.ts';
import type { SpiffeWorkloadAPIDefinition } from '../../../proto/gen/SpiffeWorkloadAPI.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { Door, FakePeers, HEADER, identity, until, update } from './door.ts';

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

  for (const rpc of [
    'FetchJWTSVID',
    'FetchJWTBundles',
    'ValidateJWTSVID',
    'FetchWITSVID',
    'FetchWITBundles',
    'Nonsense',
  ]) {
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

describe('bounds of the Workload API', () => {
  it('refuse one user with a reason while others notice nothing', async () => {
    const peers = new FakePeers();
    const door = new Door({ peers, limits: { total: 4, perUid: 2 } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const fetch = () => door.client().serverStream('FetchX509SVID', {}, HEADER);
    const first = [fetch(), fetch()];
    for (const stream of first) await stream.next();
    const refusal = {
      code: Code.unavailable,
      message: /too many connections are open, or too many of user 1000/,
    };
    await assert.rejects(fetch().next(), refusal);
    peers.uid = 2_000;
    assert.equal((await fetch().next()).done, false);
    assert.equal(door.api.connectionCount, 3);
    await door.stop();
    assert.equal(door.api.connectionCount, 0);
  });

  it('give a share back when a connection ends', async () => {
    const door = new Door({ limits: { total: 1, perUid: 1 } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    for (let i = 0; i < 3; i += 1) {
      const channel = door.channel();
      const client = new ServiceClient<SpiffeWorkloadAPIDefinition>('SpiffeWorkloadAPI', channel);
      for await (const _message of client.serverStream('FetchX509SVID', {}, HEADER)) break;
      channel.close();
      await until(() => door.api.connectionCount === 0);
    }
    assert.deepEqual(
      door.peers.captured.map(({ closes }) => closes),
      [1, 1, 1],
    );
    await door.stop();
  });

  it('bound the calls of one user, too', async () => {
    const door = new Door({ limits: { total: 4, perUid: 1 } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const client = door.client();
    const open = Array.from({ length: 4 }, () => client.serverStream('FetchX509SVID', {}, HEADER));
    for (const stream of open) await stream.next();
    const fifth = client.serverStream('FetchX509SVID', {}, HEADER).next();
    await assert.rejects(fifth, { code: Code.unavailable, message: /too many calls are open/ });
    await door.stop();
  });

  it('tell a caller that cannot be identified why', async () => {
    const peers = new FakePeers();
    peers.capture = () => {
      throw unavailable('run the agent in the host pid namespace');
    };
    const door = new Door({ peers });
    await door.start();
    const refusal = { code: Code.unavailable, message: 'run the agent in the host pid namespace' };
    await assert.rejects(door.client().serverStream('FetchX509SVID', {}, HEADER).next(), refusal);
    assert.equal(door.api.connectionCount, 0);
    await door.stop();
  });

  it('keep open only so many refused connections, the latest', async () => {
    const door = new Door({ limits: { total: 0, perUid: 0 } });
    await door.start();
    const clients = Array.from({ length: 40 }, () =>
      connect(door.path)
        .on('error', () => {})
        .resume(),
    );
    await until(() => clients.filter(({ destroyed }) => destroyed).length === 8);
    assert.deepEqual(
      door.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['count']),
      [1, 2, 4, 8, 16, 32],
    );
    for (const client of clients) client.destroy();
    await door.stop();
  });
});

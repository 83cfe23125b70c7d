/** What one call may ask for, at its bound and over it, and how long one may take that says nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { Code } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeDatastore } from '../../fakes/datastore.ts';
import { Endings } from '../../fakes/endings.ts';
import {
  type Clients,
  type Joined,
  joinAgent,
  type RunningServer,
  startServer,
  WIT_ENABLED,
} from '../../fakes/server-under-test.ts';
import { framed, openTls, openUnix, rawCall } from '../../fuzz/raw-call.ts';
import { makeEntry } from '../entries/make-entry.ts';

const COUNT = '/spire.api.server.entry.v1.Entry/CountEntries';
const SYNC = '/spire.api.server.entry.v1.Entry/SyncAuthorizedEntries';
const ATTEST = '/spire.api.server.agent.v1.Agent/AttestAgent';
const MIB = 1_048_576;

const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

interface Bound {
  readonly most: number;
  readonly ask: (clients: Clients, count: number) => Promise<unknown>;
  readonly code: number;
  readonly says: string;
  /** At its bound it is looked at item by item, unless that takes long. */
  readonly isTriedAtBound?: false;
}

/** By the name of the RPC. */
const ofAdministrators: Readonly<Record<string, Bound>> = {
  BatchCreateEntry: {
    most: 50_000,
    ask: ({ entry }, count) => entry.unary('BatchCreateEntry', { entries: times(count, {}) }),
    code: Code.invalidArgument,
    says: '50001 entries are more than 50000: send them in parts',
    isTriedAtBound: false,
  },
  BatchUpdateEntry: {
    most: 50_000,
    ask: ({ entry }, count) => entry.unary('BatchUpdateEntry', { entries: times(count, { id: 'x' }) }),
    code: Code.invalidArgument,
    says: '50001 entries are more than 50000: send them in parts',
    isTriedAtBound: false,
  },
  BatchDeleteEntry: {
    most: 50_000,
    ask: ({ entry }, count) => entry.unary('BatchDeleteEntry', { ids: times(count, 'x') }),
    code: Code.invalidArgument,
    says: '50001 entries are more than 50000: send them in parts',
  },
  ApplyEntries: {
    most: 10_000,
    ask: ({ changes }, count) =>
      changes.unary('ApplyEntries', {
        delete: Array.from({ length: count }, (_, at) => ({ id: `x${at}` })),
        dry_run: true,
      }),
    code: Code.invalidArgument,
    says: 'more than 10000 entries at once',
    isTriedAtBound: false,
  },
  BatchSetFederatedBundle: {
    most: 1_000,
    ask: ({ bundle }, count) => bundle.unary('BatchSetFederatedBundle', { bundle: times(count, {}) }),
    code: Code.invalidArgument,
    says: '1001 items are more than 1000: send them in parts',
  },
  BatchCreateFederatedBundle: {
    most: 1_000,
    ask: ({ bundle }, count) => bundle.unary('BatchCreateFederatedBundle', { bundle: times(count, {}) }),
    code: Code.invalidArgument,
    says: '1001 items are more than 1000: send them in parts',
  },
  BatchUpdateFederatedBundle: {
    most: 1_000,
    ask: ({ bundle }, count) => bundle.unary('BatchUpdateFederatedBundle', { bundle: times(count, {}) }),
    code: Code.invalidArgument,
    says: '1001 items are more than 1000: send them in parts',
  },
  BatchDeleteFederatedBundle: {
    most: 1_000,
    ask: ({ bundle }, count) =>
      bundle.unary('BatchDeleteFederatedBundle', { trust_domains: times(count, 'a.org') }),
    code: Code.invalidArgument,
    says: '1001 items are more than 1000: send them in parts',
  },
  BatchCreateFederationRelationship: {
    most: 1_000,
    ask: ({ trustDomain }, count) =>
      trustDomain.unary('BatchCreateFederationRelationship', { federation_relationships: times(count, {}) }),
    code: Code.invalidArgument,
    says: '1001 items are more than 1000: send them in parts',
  },
  BatchUpdateFederationRelationship: {
    most: 1_000,
    ask: ({ trustDomain }, count) =>
      trustDomain.unary('BatchUpdateFederationRelationship', { federation_relationships: times(count, {}) }),
    code: Code.invalidArgument,
    says: '1001 items are more than 1000: send them in parts',
  },
  BatchDeleteFederationRelationship: {
    most: 1_000,
    ask: ({ trustDomain }, count) =>
      trustDomain.unary('BatchDeleteFederationRelationship', { trust_domains: times(count, 'a.org') }),
    code: Code.invalidArgument,
    says: '1001 items are more than 1000: send them in parts',
  },
};

const ofAgents: Readonly<Record<string, Bound>> = {
  BatchNewX509SVID: {
    most: 500,
    ask: ({ svid }, count) => svid.unary('BatchNewX509SVID', { params: times(count, {}) }),
    code: Code.resourceExhausted,
    says: 'rate (501) exceeds burst size (500)',
  },
  BatchNewWITSVID: {
    most: 500,
    ask: ({ svid }, count) => svid.unary('BatchNewWITSVID', { params: times(count, {}) }),
    code: Code.resourceExhausted,
    says: 'rate (501) exceeds burst size (500)',
  },
};

describe('what one call may ask for', () => {
  const clock = new FakeClock();
  const datastore = new FakeDatastore(clock);
  const endings = new Endings();
  const sessions: ClientHttp2Session[] = [];
  let server: RunningServer;
  let agent: Joined;
  before(async () => {
    server = await startServer(endings, { datastore, clock, config: { wit: WIT_ENABLED } });
    agent = await joinAgent(server);
    for (let n = 0; n < 600; n += 1) {
      const spiffeId = `spiffe://example.org/${n}`;
      const hint = 'h'.repeat(1_000);
      datastore.entries.feed.put(`e${n}`, makeEntry({ id: `e${n}`, spiffeId, parentId: agent.id, hint }));
    }
    datastore.entries.feed.hint();
  });
  after(async () => {
    for (const session of sessions) session.destroy();
    await endings.end();
  });

  const keep = (session: ClientHttp2Session): ClientHttp2Session => {
    sessions.push(session);
    return session;
  };

  const check = async (clients: Clients, { most, ask, code, says, isTriedAtBound }: Bound): Promise<void> => {
    await assert.rejects(ask(clients, most + 1), { code, message: says });
    if (isTriedAtBound === false) return;
    const answer = (await ask(clients, most)) as { results?: unknown[]; deleted?: unknown[] };
    assert.equal((answer.results ?? answer.deleted)?.length, most);
  };
  for (const [rpc, bound] of Object.entries(ofAdministrators))
    it(`has a bound in ${rpc}: ${bound.most}`, () => check(server.admin, bound));
  for (const [rpc, bound] of Object.entries(ofAgents))
    it(`has a bound in ${rpc}: ${bound.most}`, () => check(server.connect(agent.identity), bound));

  /** Protocol buffers by hand. */
  const messages: Readonly<Record<string, { bytes: Uint8Array; code: number; says: RegExp }>> = {
    'a field that nobody knows': { bytes: Buffer.from('fa0f03616263', 'hex'), code: 0, says: /^OK$/ },
    'very many fields': {
      bytes: Buffer.alloc(400_002, '0800', 'hex'),
      code: 3,
      says: /more than 200000 fields/,
    },
    'groups in groups, very deep': {
      bytes: Buffer.alloc(100_000, 0x0b),
      code: 3,
      says: /^request is malformed$/,
    },
    'a message in itself, very deep': {
      bytes: Buffer.from(`0a${'ff0f0a'.repeat(1_000)}`, 'hex'),
      code: 3,
      says: /^request is malformed$/,
    },
    'a length beyond its end': {
      bytes: Buffer.from('0aff7f', 'hex'),
      code: 3,
      says: /^request is malformed$/,
    },
    'as many bytes as it may': {
      bytes: Buffer.concat([Buffer.from('fa0ffaffff01', 'hex'), Buffer.alloc(4 * MIB - 6)]),
      code: 0,
      says: /^OK$/,
    },
    'a byte more than it may': { bytes: Buffer.alloc(4 * MIB + 1), code: 8, says: /larger than max/ },
  };
  for (const [what, { bytes, code, says }] of Object.entries(messages))
    it(`is read with care: ${what}`, async () => {
      const { status, message } = await rawCall(keep(openUnix(server.socketPath)), {
        path: COUNT,
        body: framed(bytes),
      });
      assert.equal(status, code, message);
      assert.match(message, says);
    });

  it('is on a connection of nobody four calls at once, of an agent a hundred', async () => {
    for (const [identity, most] of [
      [undefined, 4],
      [agent.identity, 100],
    ] as const) {
      const session = keep(openTls(server.port, identity));
      await once(session, 'remoteSettings');
      assert.equal(session.remoteSettings.maxConcurrentStreams, most);
    }
  });

  it('is shown of what it changes for as long as that fits a message', async () => {
    const ids = Array.from({ length: 40 }, (_, n) => `large${n}`);
    for (const id of ids)
      datastore.entries.feed.put(
        id,
        makeEntry({
          id,
          spiffeId: `spiffe://example.org/${id}`,
          parentId: agent.id,
          hint: 'x'.repeat(200_000),
        }),
      );
    const { results } = await server.admin.entry.unary('BatchUpdateEntry', {
      entries: ids.map((id) => ({ id })),
      input_mask: {},
    });
    assert.deepEqual(
      results.map(({ status, entry }) => [status?.code, entry?.id]),
      ids.map((id) => [0, id]),
    );
    const whole = results.filter(({ entry }) => entry?.hint !== '').length;
    assert.equal(whole, 20);
    for (const id of ids) datastore.entries.feed.delete(id);
    datastore.entries.feed.hint();
  });

  it('ends after five minutes when its caller reads nothing', async () => {
    const session = keep(openTls(server.port, agent.identity));
    session.settings({ initialWindowSize: 0 });
    await once(session, 'localSettings');
    const stream = session.request({
      ':method': 'POST',
      ':path': SYNC,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    stream.write(framed(new Uint8Array()));
    const [headers] = await once(stream, 'response');
    assert.equal(headers[':status'], 200);
    await clock.advance(301_000);
    await clock.until(
      () => server.log.lines.some(({ fields }) => String(fields['error']) === 'call took longer than 300 s'),
      'the call has ended',
    );
  });

  for (const [what, body] of [
    ['says nothing', new Uint8Array()],
    ['begins a message and does not end it', Uint8Array.of(0, 0, 0, 0, 9, 1)],
  ] as const)
    it(`ends after half a minute when its caller ${what}, whoever that is`, async () => {
      for (const [identity, path] of [
        [undefined, ATTEST],
        [agent.identity, SYNC],
      ] as const) {
        const session = keep(openTls(server.port, identity));
        const stream = session.request({
          ':method': 'POST',
          ':path': path,
          'content-type': 'application/grpc',
          te: 'trailers',
        });
        const closed = assert.rejects(once(stream, 'close'), /ENHANCE_YOUR_CALM/);
        if (body.length > 0) stream.write(body);
        await once(session, 'remoteSettings');
        await new Promise<void>((resolve) => session.ping(() => resolve()));
        await clock.advance(20_000);
        assert.equal(stream.closed, false);
        await clock.advance(20_000);
        await closed;
      }
    });
});

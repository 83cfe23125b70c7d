import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AttestAgentRequest } from '../../../../proto/gen/spire/api/server/agent/v1/AttestAgentRequest.ts';
import { Code, CodedError } from '../../../../shared/errors.ts';
import { parseX509Svid } from '../../../../shared/svid/x509-svid.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import {
  attestRound,
  type Clients,
  identityOf,
  joinAgent,
  type RunningServer,
  startServer,
  testKey,
} from '../../../fakes/server-under-test.ts';

const GONE = 'failed to attest: join token does not exist or has already been used';
const wireId = (path: string) => ({ trust_domain: 'example.org', path });

describe('the Agent API', () => {
  const clock = new FakeClock();
  const datastore = new FakeDatastore(clock);
  const endings = new Endings();
  let server: RunningServer;
  let admin: Clients;
  before(async () => {
    server = await startServer(endings, { datastore, clock });
    admin = server.admin;
  });
  after(() => endings.end());

  const attestWith = async (token: string, through: Clients = server.connect()) => {
    const csr = await (await testKey()).csr();
    return attestRound(through, {
      params: { data: { type: 'join_token', payload: Buffer.from(token) }, params: { csr } },
    });
  };

  it('AttestAgent gives an SVID for the key of the CSR, with the ID of the token', async () => {
    const { result, key, id, path } = await joinAgent(server);
    assert.deepEqual(result?.svid?.id, wireId(path));
    assert.equal(result?.reattestable, false);
    const svid = parseX509Svid((result?.svid?.cert_chain ?? []).map((der) => new Uint8Array(der)));
    assert.equal(svid.id.toString(), id);
    assert.deepEqual(svid.certificates[0]?.publicKey, key.signer.publicKey);
    assert.equal(Number(result?.svid?.expires_at), svid.expiresAt.getTime() / 1_000);
  });

  it('AttestAgent takes a token once', async () => {
    const { value } = await admin.agent.unary('CreateJoinToken', { ttl: 60 });
    await attestWith(value);
    await assert.rejects(attestWith(value), { code: Code.invalidArgument, message: GONE });
  });

  it('AttestAgent deletes an expired token', async () => {
    const { value } = await admin.agent.unary('CreateJoinToken', { ttl: 1 });
    await clock.advance(1_000);
    await assert.rejects(attestWith(value), { code: Code.invalidArgument, message: 'join token expired' });
    await assert.rejects(attestWith(value), { code: Code.invalidArgument, message: GONE });
  });

  it('AttestAgent refuses texts that are no token as it refuses unknown ones', async () => {
    for (const token of ['unknown', '..', 'a/b', 'x'.repeat(256), 'ünknown', '\0']) {
      await assert.rejects(
        attestWith(token),
        { code: Code.invalidArgument, message: GONE },
        JSON.stringify(token),
      );
    }
  });

  it('AttestAgent refuses a token made again while its agent is known, until that is evicted', async () => {
    const { path } = await joinAgent(server, 'again');
    await admin.agent.unary('CreateJoinToken', { ttl: 60, token: 'again' });
    await assert.rejects(attestWith('again'), {
      code: Code.permissionDenied,
      message: 'attestation data has already been used to attest an agent',
    });
    await admin.agent.unary('DeleteAgent', { id: wireId(path) });
    assert.notEqual((await attestWith('again'))?.result, undefined);
  });

  it('AttestAgent refuses a banned agent', async () => {
    const { path } = await joinAgent(server, 'banned');
    await admin.agent.unary('BanAgent', { id: wireId(path) });
    await admin.agent.unary('CreateJoinToken', { ttl: 60, token: 'banned' });
    await assert.rejects(attestWith('banned'), {
      code: Code.permissionDenied,
      message: 'failed to attest: agent is banned',
    });
  });

  const csr = Buffer.from('csr');
  const malformed: readonly (readonly [string, AttestAgentRequest])[] = [
    ['missing params', {}],
    ['missing params', { challenge_response: Buffer.from('x') }],
    ['missing attestation data', { params: { params: { csr } } }],
    ['missing X509-SVID parameters', { params: { data: { type: 'join_token' } } }],
    ['missing CSR', { params: { data: { type: 'join_token' }, params: {} } }],
    ['missing attestation data type', { params: { data: {}, params: { csr } } }],
    ['missing attestation data payload', { params: { data: { type: 'join_token' }, params: { csr } } }],
  ];
  for (const [what, request] of malformed) {
    it(`AttestAgent says "${what}" of ${JSON.stringify(Object.keys(request))}`, async () => {
      await assert.rejects(attestRound(server.connect(), request), {
        code: Code.invalidArgument,
        message: `malformed param: ${what}`,
      });
    });
  }

  it('AttestAgent knows no other types', async () => {
    const request = { params: { data: { type: 'aws_iid', payload: Buffer.from('x') }, params: { csr } } };
    await assert.rejects(attestRound(server.connect(), request), {
      code: Code.failedPrecondition,
      message: /^error getting node attestor/,
    });
  });

  it('AttestAgent leaves the token when the CSR is no good', async () => {
    const { value } = await admin.agent.unary('CreateJoinToken', { ttl: 60 });
    const payload = Buffer.from(value);
    const bad = { params: { data: { type: 'join_token', payload }, params: { csr } } };
    await assert.rejects(attestRound(server.connect(), bad), {
      code: Code.invalidArgument,
      message: /^failed to parse CSR/,
    });
    assert.notEqual((await attestWith(value))?.result, undefined);
  });

  it('RenewAgent gives a certificate that takes over when it is first used', async () => {
    const { identity } = await joinAgent(server);
    const old = server.connect(identity);
    const key = await testKey();
    const { svid } = await old.agent.unary('RenewAgent', { params: { csr: await key.csr() } });
    await old.entry.unary('GetAuthorizedEntries', {});
    const renewed = server.connect(identityOf(key, svid?.cert_chain ?? []));
    await renewed.entry.unary('GetAuthorizedEntries', {});
    await assert.rejects(old.entry.unary('GetAuthorizedEntries', {}), { reason: 'AGENT_NOT_ACTIVE' });
    await renewed.entry.unary('GetAuthorizedEntries', {});
  });

  it('RenewAgent asks for a CSR, and for a good one', async () => {
    const agent = server.connect((await joinAgent(server)).identity);
    await assert.rejects(agent.agent.unary('RenewAgent', {}), { message: 'params cannot be nil' });
    await assert.rejects(agent.agent.unary('RenewAgent', { params: {} }), { message: 'missing CSR' });
    const bad = { params: { csr: Buffer.alloc(20_000) } };
    await assert.rejects(agent.agent.unary('RenewAgent', bad), { message: /^failed to parse CSR/ });
  });

  it('RenewAgent tells an agent that can attest again to do that', async () => {
    const { identity, id } = await joinAgent(server);
    const node = datastore.nodes.feed.items.get(id);
    assert.ok(node !== undefined);
    await datastore.nodes.attest({ ...node, canReattest: true }, undefined);
    const call = server.connect(identity).agent.unary('RenewAgent', { params: { csr } });
    await assert.rejects(call, { code: Code.permissionDenied, reason: 'AGENT_MUST_REATTEST' });
  });

  it('PostStatus keeps the version, within bounds', async () => {
    const { identity, path } = await joinAgent(server);
    const agent = server.connect(identity).agent;
    await agent.unary('PostStatus', { agent_version: '1.2.3' });
    assert.equal((await admin.agent.unary('GetAgent', { id: wireId(path) })).agent_version, '1.2.3');
    await agent.unary('PostStatus', {});
    assert.equal((await admin.agent.unary('GetAgent', { id: wireId(path) })).agent_version, '1.2.3');
    const long = { code: Code.invalidArgument, message: 'agent version is too long (max 255 characters)' };
    await assert.rejects(agent.unary('PostStatus', { agent_version: 'x'.repeat(256) }), long);
    await assert.rejects(agent.unary('PostStatus', { agent_version: '\u001b[2J' }), {
      code: Code.invalidArgument,
    });
  });

  it('a banned agent is told so at its next call, an evicted one that it is not attested', async () => {
    for (const [rpc, reason] of [
      ['BanAgent', 'AGENT_BANNED'],
      ['DeleteAgent', 'AGENT_NOT_ATTESTED'],
    ] as const) {
      const { identity, path } = await joinAgent(server);
      const agent = server.connect(identity);
      await agent.entry.unary('GetAuthorizedEntries', {});
      await admin.agent.unary(rpc, { id: wireId(path) });
      await assert.rejects(agent.entry.unary('GetAuthorizedEntries', {}), {
        code: Code.permissionDenied,
        reason,
      });
    }
  });

  it('CreateJoinToken wants a lifetime and a token that fits an ID', async () => {
    const create = (request: object) => admin.agent.unary('CreateJoinToken', request);
    await assert.rejects(create({ ttl: 0 }), { message: 'ttl is required, you must provide one' });
    await assert.rejects(create({ ttl: -1 }), { message: 'ttl is required, you must provide one' });
    for (const token of ['a/b', '..', 'a b', 'x'.repeat(256), '\0']) {
      await assert.rejects(create({ ttl: 60, token }), { code: Code.invalidArgument }, token);
    }
    const token = 'x'.repeat(255);
    const made = await create({ ttl: 60, token });
    assert.deepEqual(made, { value: token, expires_at: String(clock.now().getTime() / 1_000 + 60) });
    await assert.rejects(create({ ttl: 60, token }), { code: Code.alreadyExists });
  });

  it('CreateJoinToken with an agent ID makes the entry that gives it', async () => {
    const agent_id = wireId('/node');
    const { value } = await admin.agent.unary('CreateJoinToken', { ttl: 60, agent_id });
    const { entries } = await admin.entry.unary('ListEntries', { filter: { by_spiffe_id: agent_id } });
    const parent = `/spire/agent/join_token/${value}`;
    assert.deepEqual(entries[0]?.parent_id, wireId(parent));
    assert.deepEqual(entries[0]?.selectors, [{ type: 'spiffe_id', value: `spiffe://example.org${parent}` }]);
    for (const path of ['', '/spire/agent/x', 'x']) {
      const call = admin.agent.unary('CreateJoinToken', { ttl: 60, agent_id: wireId(path) });
      await assert.rejects(call, { code: Code.invalidArgument, message: /^invalid agent ID/ });
    }
  });

  it('GetAgent, BanAgent and DeleteAgent say when there is no such agent, or no such ID', async () => {
    for (const rpc of ['GetAgent', 'BanAgent', 'DeleteAgent'] as const) {
      const call = (id: object) => admin.agent.unary(rpc, id);
      await assert.rejects(call({ id: wireId('/spire/agent/none') }), {
        code: Code.notFound,
        message: 'agent not found',
      });
      await assert.rejects(call({}), {
        code: Code.invalidArgument,
        message: /request must specify SPIFFE ID/,
      });
      await assert.rejects(call({ id: { trust_domain: 'other', path: '/x' } }), {
        code: Code.invalidArgument,
      });
    }
  });

  it('GetAgent shows what the mask lets through, and the ID', async () => {
    const { path } = await joinAgent(server);
    const masked = await admin.agent.unary('GetAgent', {
      id: wireId(path),
      output_mask: { attestation_type: true },
    });
    assert.deepEqual(masked.id, wireId(path));
    assert.equal(masked.attestation_type, 'join_token');
    assert.equal(masked.x509svid_serial_number, '');
    assert.notEqual((await admin.agent.unary('GetAgent', { id: wireId(path) })).x509svid_serial_number, '');
  });

  it('ListAgents and CountAgents filter', async () => {
    const { agents } = await admin.agent.unary('ListAgents', { filter: { by_banned: { value: true } } });
    assert.ok(agents.length > 0 && agents.every(({ banned }) => banned));
    const { count } = await admin.agent.unary('CountAgents', { filter: { by_banned: { value: true } } });
    assert.equal(count, agents.length);
    const early = { by_expires_before: '2026-01-01 00:00:00 +0000 +00' };
    assert.equal((await admin.agent.unary('CountAgents', { filter: early })).count, 0);
    for (const filter of [{ by_expires_before: 'yesterday' }, { by_selector_match: {} }]) {
      await assert.rejects(admin.agent.unary('CountAgents', { filter }), { code: Code.invalidArgument });
    }
  });

  it('ListAgents ends with one empty page', async () => {
    const all = (await admin.agent.unary('ListAgents', {})).agents.length;
    const sizes = [];
    for (let page_token: string | undefined = ''; page_token !== undefined; ) {
      const page: { agents: object[]; next_page_token: string } = await admin.agent.unary('ListAgents', {
        page_size: all,
        page_token,
      });
      sizes.push(page.agents.length);
      page_token = page.next_page_token === '' ? undefined : page.next_page_token;
    }
    assert.deepEqual(sizes, [all, 0]);
    await assert.rejects(admin.agent.unary('ListAgents', { page_size: 1, page_token: 'x' }), {
      code: Code.invalidArgument,
    });
  });

  it('answers Unavailable while the database is away, and goes on when it is back', async () => {
    const agent = server.connect((await joinAgent(server)).identity);
    datastore.fail(new CodedError(Code.unavailable, 'away', { reason: 'DATABASE_UNAVAILABLE' }));
    await agent.entry.unary('GetAuthorizedEntries', {});
    await clock.advance(6_000);
    await assert.rejects(agent.entry.unary('GetAuthorizedEntries', {}), { code: Code.unavailable });
    datastore.fail(undefined);
    await agent.entry.unary('GetAuthorizedEntries', {});
  });

  it('no token ever gets into the log', async () => {
    const { value } = await admin.agent.unary('CreateJoinToken', { ttl: 60 });
    await assert.rejects(admin.agent.unary('CreateJoinToken', { ttl: 60, token: value }));
    assert.doesNotMatch(JSON.stringify(server.log.lines), new RegExp(value));
  });
});

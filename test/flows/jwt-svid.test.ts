/** The life of JWT-SVIDs, and of WIT-SVIDs where they are turned on, from the server's key to the workload that validates another's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../../shared/errors.ts';
import { fromStruct } from '../../shared/rpc/struct.ts';
import { parseJwtSvid } from '../../shared/svid/jwt-svid.ts';
import { verifyWitSvid } from '../../shared/svid/wit-svid.ts';
import type { FlowAgent } from '../fakes/flow-agent.ts';
import { type EntryText, type FlowServer, Testbed } from '../fakes/testbed.ts';

const USER = `unix:uid:${process.getuid?.()}`;
const HEADER = { metadata: { 'workload.spiffe.io': 'true' } };
/** Long lives: nothing of X.509 is renewed while a story lasts. */
const CA = { defaultX509SvidTtlSeconds: 7_200, agentTtlSeconds: 7_200 };

async function start(t: Parameters<typeof Testbed.open>[0], entry: Partial<EntryText> = {}) {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a', { ca: CA });
  const agent = await bed.startAgent('agent', { server, opensDoor: true });
  const entryId = await bed.createEntry(server, {
    path: '/web',
    parent: agent.path,
    selectors: [USER],
    jwt_svid_ttl: 40,
    ...entry,
  });
  await bed.pass(1);
  return { bed, server, agent, entryId };
}

async function fetch(agent: FlowAgent, ...audience: string[]): Promise<string> {
  const { svids } = await agent.workloadApi().unary('FetchJWTSVID', { audience }, HEADER);
  assert.equal(svids.length, 1);
  return svids[0]?.svid ?? assert.fail();
}

const validate = (agent: FlowAgent, svid: string, audience: string) =>
  agent.workloadApi().unary('ValidateJWTSVID', { svid, audience }, HEADER);

const DENIED = { code: Code.permissionDenied, message: 'no identity issued' };

test('a workload gets a JWT-SVID, another one on the same agent believes it, and nobody else is meant', async (t) => {
  const { bed, agent } = await start(t);
  const token = await fetch(agent, 'db', 'cache');
  const { spiffe_id: id, claims } = await validate(agent, token, 'db');
  assert.equal(id, 'spiffe://example.org/web');
  const iat = Math.floor(bed.clock.now().getTime() / 1_000);
  assert.deepEqual(fromStruct(claims ?? assert.fail()), {
    aud: ['db', 'cache'],
    exp: iat + 40,
    iat,
    sub: 'spiffe://example.org/web',
  });
  await assert.rejects(validate(agent, token, 'other'), { code: Code.invalidArgument });
  assert.equal(await fetch(agent, 'cache', 'db'), token);
  await bed.pass(26);
  assert.notEqual(await fetch(agent, 'cache', 'db'), token);
});

test('its JWT-SVID outlives the server, and not its entry', async (t) => {
  const { bed, server, agent, entryId } = await start(t);
  const token = await fetch(agent, 'db');
  agent.link.cut();
  await bed.pass(36);
  assert.equal(await fetch(agent, 'db'), token);
  await bed.reconnect(agent, server);
  await bed.passUntil(() => agent.log.messages('info').includes('serving the Workload API'), 5);
  await bed.deleteEntry(server, entryId);
  await bed.passUntil(
    () => agent.identities.matches([{ type: 'unix', value: USER.slice(5) }]).matching === 0,
    30,
  );
  await assert.rejects(fetch(agent, 'db'), DENIED);
});

test('one whose entry asks for it gets another ID each time', async (t) => {
  const { agent } = await start(t, { additional_attributes: { jwt_svid_include_jti: true } });
  const ids = [await fetch(agent, 'db'), await fetch(agent, 'db')].map(
    (token) => parseJwtSvid(token).claims['jti'],
  );
  assert.equal(typeof ids[0], 'string');
  assert.notEqual(ids[0], ids[1]);
});

async function replaceKey({ admin }: FlowServer, bed: Testbed): Promise<string> {
  const { active } = await admin.localAuthority.unary('GetJWTAuthorityState', {});
  const { prepared_authority: next } = await admin.localAuthority.unary('PrepareJWTAuthority', {});
  await bed.pass(2);
  await admin.localAuthority.unary('ActivateJWTAuthority', { authority_id: next?.authority_id ?? '' });
  return active?.authority_id ?? assert.fail();
}

test('a tainted key: what it signed is replaced at the next call; a revoked one: it is believed no more', async (t) => {
  const { bed, server, agent } = await start(t);
  const bundles = agent.workloadApi().serverStream('FetchJWTBundles', {}, HEADER);
  const keysOf = async (): Promise<readonly string[]> => {
    const message = await bundles.next();
    assert.ok(message.done !== true);
    const text = message.value.bundles['spiffe://example.org']?.toString() ?? '';
    return (JSON.parse(text) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  const [first] = await keysOf();
  const old = await fetch(agent, 'db');
  assert.equal(parseJwtSvid(old).keyId, first);
  const authorityId = await replaceKey(server, bed);
  assert.equal((await keysOf()).length, 2);
  assert.equal(await fetch(agent, 'db'), old);
  await server.admin.localAuthority.unary('TaintJWTAuthority', { authority_id: authorityId });
  await bed.pass(2);
  const young = await fetch(agent, 'db');
  assert.notEqual(parseJwtSvid(young).keyId, first);
  await validate(agent, old, 'db');
  await server.admin.localAuthority.unary('RevokeJWTAuthority', { authority_id: authorityId });
  await bed.pass(2);
  assert.deepEqual(await keysOf(), [parseJwtSvid(young).keyId]);
  await assert.rejects(validate(agent, old, 'db'), { message: /its key is not in the bundle/ });
  assert.equal(await fetch(agent, 'db'), young);
});

test('a server without JWT-SVIDs says so', async (t) => {
  const bed = await Testbed.open(t);
  const jwt = { isEnabled: false, keyType: 'ec-p256', issuer: undefined, defaultTtlSeconds: 300 } as const;
  const server = await bed.startServer('a', { ca: CA, config: { jwt } });
  const agent = await bed.startAgent('agent', { server, opensDoor: true });
  await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [USER] });
  await bed.pass(1);
  await assert.rejects(fetch(agent, 'db'), {
    code: Code.unavailable,
    message: 'could not fetch JWT-SVID: JWT functionality is disabled',
  });
});

const WIT = { isEnabled: true, keyType: 'ec-p256', issuer: undefined, defaultTtlSeconds: 300 } as const;

for (const isOnServer of [true, false])
  test(`a server ${isOnServer ? 'with' : 'without'} WIT-SVIDs: a workload ${isOnServer ? 'gets one that the bundle vouches for' : 'is told so'}`, async (t) => {
    const bed = await Testbed.open(t);
    const server = await bed.startServer('a', { ca: CA, config: { wit: { ...WIT, isEnabled: isOnServer } } });
    const agent = await bed.startAgent('agent', { server, opensDoor: true, config: { isWitEnabled: true } });
    await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [USER] });
    await bed.pass(1);
    const stream = agent.workloadApi().serverStream('FetchWITSVID', {}, HEADER);
    if (!isOnServer) return assert.rejects(stream.next(), { code: Code.unimplemented });
    const message = await stream.next();
    assert.ok(message.done !== true);
    const [svid = assert.fail()] = message.value.svids;
    const { witAuthorities } = agent.identities.bundlesOf([]).bundle;
    const read = verifyWitSvid({
      token: svid.wit_svid,
      authorities: () => witAuthorities,
      at: bed.clock.now(),
    });
    assert.equal(read.id.toString(), svid.spiffe_id);
    const bundles = await agent.workloadApi().serverStream('FetchWITBundles', {}, HEADER).next();
    assert.ok(bundles.done !== true);
    assert.match(bundles.value.bundles['spiffe://example.org'] ?? '', new RegExp(read.keyId));
  });

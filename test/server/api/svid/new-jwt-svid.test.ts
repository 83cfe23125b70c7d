import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { jwtVerify } from 'jose';
import { Code, CodedError } from '../../../../shared/errors.ts';
import { verifyJwtSvid } from '../../../../shared/svid/jwt-svid.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { joinAgent, startServer } from '../../../fakes/server-under-test.ts';
import { isRefusal } from '../../../refusal.ts';
import { signingSuite } from './signing-suite.ts';

describe('NewJWTSVID', () => {
  const suite = signingSuite();
  const { clock, create, datastore } = suite;
  const ask = async (entry_id: string, ...audience: string[]) => {
    const { svid } = await suite.agent.svid.unary('NewJWTSVID', { entry_id, audience });
    return svid ?? assert.fail('no SVID');
  };
  const authorities = async () => {
    const bundle = await suite.server.admin.bundle.unary('GetBundle', {});
    return bundle.jwt_authorities.map(({ key_id, public_key }) => ({
      keyId: key_id,
      publicKey: new Uint8Array(public_key),
      expiresAt: undefined,
      tainted: false,
    }));
  };

  const claimsOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

  it('signs what the entry says, by a key of the bundle, as we and jose read it', async () => {
    const svid = await ask(await create('web', { jwt_svid_ttl: 60, hint: 'h' }), 'a', 'b');
    const keys = await authorities();
    const { claims, keyId } = verifyJwtSvid({
      token: svid.token,
      audience: ['b'],
      at: clock.now(),
      authorities: () => keys,
    });
    const now = Math.floor(clock.now().getTime() / 1_000);
    assert.deepEqual(claims, { sub: 'spiffe://example.org/web', aud: ['a', 'b'], iat: now, exp: now + 60 });
    assert.deepEqual(
      { ...svid, token: '' },
      {
        token: '',
        id: { trust_domain: 'example.org', path: '/web' },
        issued_at: String(now),
        expires_at: String(now + 60),
        hint: 'h',
      },
    );
    const held = keys.find((key) => key.keyId === keyId) ?? assert.fail('its key is not in the bundle');
    const key = createPublicKey({ key: Buffer.from(held.publicKey), format: 'der', type: 'spki' });
    await jwtVerify(svid.token, key, { audience: 'a', currentDate: clock.now(), algorithms: ['ES256'] });
  });

  it('lives as long as the server is told when the entry says nothing, and has an id only where the entry asks', async () => {
    const plain = await ask(await create('plain'), 'a');
    assert.equal(Number(plain.expires_at) - Number(plain.issued_at), 300);
    const withId = await ask(
      await create('with-id', { additional_attributes: { jwt_svid_include_jti: true } }),
      'a',
    );
    assert.equal(claimsOf(plain.token)['jti'], undefined);
    assert.match(String(claimsOf(withId.token)['jti']), /^[A-Za-z0-9_-]{22}$/);
  });

  it('follows its entry: a change of lifetime and id, of those alone, is in the next token and in what agents are told', async () => {
    const id = await create('changed', { jwt_svid_ttl: 60, hint: 'kept' });
    await suite.server.admin.entry.unary('BatchUpdateEntry', {
      entries: [{ id, jwt_svid_ttl: 90, additional_attributes: { jwt_svid_include_jti: true } }],
      input_mask: { jwt_svid_ttl: true, additional_attributes: true },
    });
    const svid = await ask(id, 'a');
    assert.equal(Number(svid.expires_at) - Number(svid.issued_at), 90);
    assert.match(String(claimsOf(svid.token)['jti']), /./);
    assert.equal(svid.hint, 'kept');
    const { entries } = await suite.agent.entry.unary('GetAuthorizedEntries', {});
    const told = entries.find((entry) => entry.id === id);
    assert.deepEqual(told?.additional_attributes, {
      disable_x509_svid_prefetch: false,
      jwt_svid_include_jti: true,
    });
    assert.equal(told?.jwt_svid_ttl, 90);
    await suite.server.admin.entry.unary('BatchUpdateEntry', {
      entries: [{ id }],
      input_mask: { additional_attributes: true },
    });
    assert.equal(claimsOf((await ask(id, 'a')).token)['jti'], undefined);
  });

  it('leaves empty audiences out', async () => {
    const { token } = await ask(await create('empty'), '', 'a', '');
    assert.match(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(), /"aud":\["a"\]/);
  });

  it('does not tell entries of others from entries that do not exist', async () => {
    const elsewhere = { trust_domain: 'example.org', path: '/spire/agent/join_token/other' };
    await create('foreign', { parent_id: elsewhere });
    for (const entry of ['foreign', 'none', ''])
      await assert.rejects(ask(entry, 'a'), isRefusal(Code.notFound, /^entry not found or not authorized$/));
  });

  const bad: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no audience', [], /^at least one audience is required$/],
    ['only empty audiences', ['', ''], /^at least one audience is required$/],
    ['too many', Array.from({ length: 33 }, (_, i) => `a${i}`), /^33 audiences are more than 32$/],
    ['too long ones', ['a'.repeat(4_096), 'b'.repeat(4_097)], /^audiences have more than 8192 characters/],
  ];
  for (const [name, audience, telling] of bad)
    it(`refuses ${name}`, async () => {
      const entry = await create(`bad-${name.replaceAll(' ', '-')}`);
      await assert.rejects(ask(entry, ...audience), isRefusal(Code.invalidArgument, telling));
    });

  it('signs nothing when it cannot tell whether entries are still there', async () => {
    const entry = await create('stale');
    datastore.entries.feed.failure = new CodedError(Code.unavailable, 'away', {
      reason: 'DATABASE_UNAVAILABLE',
    });
    await clock.advance(6_000);
    await assert.rejects(ask(entry, 'a'), { code: Code.unavailable });
    datastore.entries.feed.failure = undefined;
    await ask(entry, 'a');
  });

  it('is for agents alone', async () => {
    const request = { entry_id: 'web', audience: ['a'] };
    for (const clients of [suite.server.connect(), suite.server.admin])
      await assert.rejects(clients.svid.unary('NewJWTSVID', request), { code: Code.permissionDenied });
  });
});

describe('servers that issue no JWT-SVIDs', () => {
  it('say so, and have no keys for them', async (t) => {
    const clock = new FakeClock();
    const jwt = { isEnabled: false, keyType: 'ec-p256', issuer: undefined, defaultTtlSeconds: 300 } as const;
    const server = await startServer(t, { datastore: new FakeDatastore(clock), clock, config: { jwt } });
    const agent = server.connect((await joinAgent(server)).identity);
    const disabled = isRefusal(Code.unimplemented, /^JWT functionality is disabled$/);
    await assert.rejects(agent.svid.unary('NewJWTSVID', { entry_id: 'x', audience: ['a'] }), disabled);
    await assert.rejects(server.admin.svid.unary('MintJWTSVID', {}), disabled);
    assert.deepEqual((await server.admin.bundle.unary('GetBundle', {})).jwt_authorities, []);
  });
});

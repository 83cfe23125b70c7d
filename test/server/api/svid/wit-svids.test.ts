/** BatchNewWITSVID and MintWITSVID, which share the key that they are given. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { NewWITSVIDParams } from '../../../../proto/gen/spire/api/server/svid/v1/NewWITSVIDParams.ts';
import { Code } from '../../../../shared/errors.ts';
import { verifyWitSvid } from '../../../../shared/svid/wit-svid.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import {
  type Clients,
  joinAgent,
  type RunningServer,
  startServer,
  testKey,
  WIT_ENABLED,
} from '../../../fakes/server-under-test.ts';
import { isRefusal } from '../../../refusal.ts';

const ed25519 = (): Buffer =>
  generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
const shortRsa = (): Buffer =>
  generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ type: 'spki', format: 'der' });

const rsa = (): Buffer =>
  generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ type: 'spki', format: 'der' });
const unsupported = (kind: string, algorithm: string): RegExp =>
  new RegExp(
    `^invalid signing algorithm or key type: unsupported signing algorithm for ${kind} key: ${algorithm}$`,
  );

describe('WIT-SVIDs', () => {
  const clock = new FakeClock();
  const endings = new Endings();
  let server: RunningServer;
  let agent: Clients;
  let key: { public_key: Buffer; signing_algorithm: string };
  before(async () => {
    const config = { wit: { ...WIT_ENABLED, issuer: 'https://wit.example.org' } };
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock, config });
    const joined = await joinAgent(server);
    agent = server.connect(joined.identity);
    key = { public_key: Buffer.from((await testKey()).signer.publicKey), signing_algorithm: 'ES256' };
    await server.admin.entry.unary('BatchCreateEntry', {
      entries: ['web', 'brief'].map((name) => ({
        id: name,
        spiffe_id: { trust_domain: 'example.org', path: `/${name}` },
        parent_id: { trust_domain: 'example.org', path: joined.path },
        selectors: [{ type: 'unix', value: `user:${name}` }],
        hint: name,
        x509_svid_ttl: name === 'brief' ? 60 : 0,
        jwt_svid_ttl: 5,
      })),
    });
  });
  after(() => endings.end());

  const issue = async (...params: readonly NewWITSVIDParams[]) =>
    (await agent.svid.unary('BatchNewWITSVID', { params: [...params] })).results;
  const verify = async (token: string) => {
    const { wit_authorities: held } = await server.admin.bundle.unary('GetBundle', {});
    const authorities = held.map(({ key_id, public_key }) => ({
      keyId: key_id,
      publicKey: new Uint8Array(public_key),
      expiresAt: undefined,
      tainted: false,
    }));
    return verifyWitSvid({ token, at: clock.now(), authorities: () => authorities });
  };
  const id = { trust_domain: 'example.org', path: '/minted' };

  it('name the key, live as long as X.509-SVIDs of their entry, and are signed by a key of the bundle', async () => {
    const [web, brief] = await issue({ entry_id: 'web', ...key }, { entry_id: 'brief', ...key });
    const svid = await verify(web?.svid?.token ?? '');
    assert.deepEqual(web?.status, { code: 0, message: 'OK' });
    assert.equal(svid.id.toString(), 'spiffe://example.org/web');
    assert.deepEqual(Buffer.from(svid.proofKey.publicKey), key.public_key);
    assert.equal(svid.claims['iss'], 'https://wit.example.org');
    assert.equal(web?.svid?.hint, 'web');
    const life = (wire = web?.svid) => Number(wire?.expires_at) - Number(wire?.issued_at);
    assert.equal(life(), 3_600);
    assert.equal(life(brief?.svid), 60);
  });

  it('are decided each by itself, in order', async () => {
    const results = await issue(
      { entry_id: 'none', ...key },
      { ...key },
      { entry_id: 'web', signing_algorithm: 'ES256' },
      { entry_id: 'web', ...key },
    );
    assert.deepEqual(
      results.map(({ status, svid }) => [status?.code, status?.message, svid !== null]),
      [
        [Code.notFound, 'entry not found or not authorized', false],
        [Code.invalidArgument, 'missing entry ID', false],
        [Code.invalidArgument, 'missing public key', false],
        [0, 'OK', true],
      ],
    );
  });

  const badKeys: readonly (readonly [string, () => Partial<NewWITSVIDParams>, RegExp])[] = [
    ['no key', () => ({ public_key: Buffer.from('key') }), /^KEY: /],
    ['bytes after it', () => ({ public_key: Buffer.concat([key.public_key, Buffer.of(0)]) }), /^KEY: /],
    [
      'a point off its curve',
      () => ({ public_key: Buffer.concat([key.public_key.subarray(0, 27), Buffer.alloc(64, 1)]) }),
      /^KEY: public key is invalid$/,
    ],
    ['a kind that no SVID may have', () => ({ public_key: ed25519() }), /^KEY: .*ed25519 is not allowed/],
    [
      'a short RSA key',
      () => ({ public_key: shortRsa(), signing_algorithm: 'RS256' }),
      /^KEY: RSA key has 1024 bits/,
    ],
    ['the algorithm of another key', () => ({ signing_algorithm: 'ES384' }), unsupported('ec-p256', 'ES384')],
    ['an algorithm that is none', () => ({ signing_algorithm: 'none' }), unsupported('ec-p256', 'none')],
    ['no algorithm', () => ({ signing_algorithm: '' }), unsupported('ec-p256', '')],
    [
      'an algorithm without end',
      () => ({ signing_algorithm: 'a'.repeat(99_999) }),
      unsupported('ec-p256', 'a{32}'),
    ],
    [
      'an EC algorithm of an RSA key',
      () => ({ public_key: rsa(), signing_algorithm: 'ES256' }),
      unsupported('RSA', 'ES256'),
    ],
  ];
  for (const [name, changed, telling] of badKeys)
    it(`are refused for ${name}, by entry and minted`, async () => {
      const says = (what: string): RegExp => new RegExp(telling.source.replace('KEY', what));
      const [result] = await issue({ entry_id: 'web', ...key, ...changed() });
      assert.equal(result?.status?.code, Code.invalidArgument);
      assert.match(result?.status?.message ?? '', says('malformed public key'));
      const minted = server.admin.svid.unary('MintWITSVID', { id, ...key, ...changed() });
      await assert.rejects(minted, isRefusal(Code.invalidArgument, says('invalid public key')));
    });

  it('may name P-521 keys too, which X.509-SVIDs may not have', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    const public_key = publicKey.export({ type: 'spki', format: 'der' });
    const [result] = await issue({ entry_id: 'web', public_key, signing_algorithm: 'ES512' });
    const { proofKey } = await verify(result?.svid?.token ?? '');
    assert.deepEqual(Buffer.from(proofKey.publicKey), public_key);
    assert.equal(proofKey.algorithm, 'ES512');
  });

  it('are minted for whom an administrator names', async () => {
    const { svid } = await server.admin.svid.unary('MintWITSVID', { id, ...key, ttl: 30 });
    const { id: named } = await verify(svid?.token ?? '');
    assert.equal(named.toString(), 'spiffe://example.org/minted');
    assert.equal(Number(svid?.expires_at) - Number(svid?.issued_at), 30);
    const reserved = { ...id, path: '/spire/agent/x' };
    await assert.rejects(
      server.admin.svid.unary('MintWITSVID', { id: reserved, ...key }),
      isRefusal(Code.invalidArgument, /^invalid SPIFFE ID: .*reserved/),
    );
  });

  it('come 500 at once and no more; none is an error', async () => {
    await assert.rejects(issue(), isRefusal(Code.invalidArgument, /^missing parameters$/));
    await clock.advance(1_000);
    const many = Array.from({ length: 501 }, () => ({ entry_id: 'web' }));
    await assert.rejects(
      issue(...many),
      isRefusal(Code.resourceExhausted, /^rate \(501\) exceeds burst size \(500\)$/),
    );
    assert.equal((await issue(...many.slice(1))).length, 500);
  });

  it('are minted for administrators, issued to agents, and nobody else', async () => {
    const denied = { code: Code.permissionDenied };
    for (const clients of [server.connect(), agent])
      await assert.rejects(clients.svid.unary('MintWITSVID', { id, ...key }), denied);
    for (const clients of [server.connect(), server.admin])
      await assert.rejects(clients.svid.unary('BatchNewWITSVID', { params: [] }), denied);
  });
});

describe('servers that issue no WIT-SVIDs', () => {
  it('say so, and have no keys for them', async (t) => {
    const clock = new FakeClock();
    const server = await startServer(t, { datastore: new FakeDatastore(clock), clock });
    const agent = server.connect((await joinAgent(server)).identity);
    const disabled = isRefusal(Code.unimplemented, /^WIT functionality is disabled$/);
    await assert.rejects(agent.svid.unary('BatchNewWITSVID', { params: [] }), disabled);
    await assert.rejects(server.admin.svid.unary('MintWITSVID', {}), disabled);
    assert.deepEqual((await server.admin.bundle.unary('GetBundle', {})).wit_authorities, []);
  });
});

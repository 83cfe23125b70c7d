import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { MintJWTSVIDRequest } from '../../../../proto/gen/spire/api/server/svid/v1/MintJWTSVIDRequest.ts';
import { Code } from '../../../../shared/errors.ts';
import { parseJwtSvid } from '../../../../shared/svid/jwt-svid.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import { joinAgent, type RunningServer, startServer } from '../../../fakes/server-under-test.ts';
import { isRefusal } from '../../../refusal.ts';

describe('MintJWTSVID', () => {
  const clock = new FakeClock();
  const endings = new Endings();
  let server: RunningServer;
  before(async () => {
    const jwt = {
      isEnabled: true,
      keyType: 'ec-p384',
      issuer: 'https://oidc.example.org',
      defaultTtlSeconds: 120,
    } as const;
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock, config: { jwt } });
  });
  after(() => endings.end());

  const id = { trust_domain: 'example.org', path: '/minted' };
  const mint = async (request: MintJWTSVIDRequest) =>
    (await server.admin.svid.unary('MintJWTSVID', request)).svid ?? assert.fail('no SVID');

  it('signs for whom it is told, with the issuer and the key type of the configuration', async () => {
    const svid = await mint({ id, audience: ['a'], ttl: 30 });
    const { claims, algorithm } = parseJwtSvid(svid.token);
    assert.equal(algorithm, 'ES384');
    assert.equal(claims['iss'], 'https://oidc.example.org');
    assert.equal(claims['sub'], 'spiffe://example.org/minted');
    assert.equal(Number(svid.expires_at) - Number(svid.issued_at), 30);
    assert.deepEqual([svid.id, svid.hint], [id, '']);
    const byDefault = await mint({ id, audience: ['a'] });
    assert.equal(Number(byDefault.expires_at) - Number(byDefault.issued_at), 120);
  });

  it('cuts a long life to that of its key', async () => {
    const { expires_at } = await mint({ id, audience: ['a'], ttl: 2_000_000 });
    const { jwt_authorities: keys } = await server.admin.bundle.unary('GetBundle', {});
    assert.equal(expires_at, keys[0]?.expires_at);
  });

  const refused: readonly (readonly [string, MintJWTSVIDRequest, RegExp])[] = [
    ['no ID', { audience: ['a'] }, /^invalid SPIFFE ID: request must specify SPIFFE ID$/],
    [
      'another trust domain',
      { id: { ...id, trust_domain: 'other.org' }, audience: ['a'] },
      /^invalid SPIFFE ID: .*is not a member of trust domain "example.org"/,
    ],
    ['no path', { id: { ...id, path: '' }, audience: ['a'] }, /^invalid SPIFFE ID: .*path is empty/],
    [
      'a reserved path',
      { id: { ...id, path: '/spire/server' }, audience: ['a'] },
      /^invalid SPIFFE ID: .*reserved/,
    ],
    ['an odd path', { id: { ...id, path: 'x' }, audience: ['a'] }, /^invalid SPIFFE ID: /],
    ['no audience', { id }, /^at least one audience is required$/],
    ['a life below nothing', { id, audience: ['a'], ttl: -1 }, /^TTL of -1 s is negative$/],
  ];
  for (const [name, request, telling] of refused)
    it(`refuses ${name}`, () => assert.rejects(mint(request), isRefusal(Code.invalidArgument, telling)));

  it('is for administrators and the admin socket alone', async () => {
    const { identity } = await joinAgent(server);
    for (const clients of [server.connect(), server.connect(identity)])
      await assert.rejects(clients.svid.unary('MintJWTSVID', { id, audience: ['a'] }), {
        code: Code.permissionDenied,
      });
  });
});

/** JWT-SVIDs and WIT-SVIDs as their authorities sign them: by which key, for how long, and with what in them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JwtCa, type JwtSvidRequest } from '../../../server/ca/jwt-ca.ts';
import type { TokenKey } from '../../../server/ca/token-keys.ts';
import { WitCa } from '../../../server/ca/wit-ca.ts';
import { addSeconds } from '../../../shared/clock.ts';
import type { KeyType, Signer } from '../../../shared/crypto/signer.ts';
import { Code, unavailable } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { verifyJwtSvid } from '../../../shared/svid/jwt-svid.ts';
import { verifyWitSvid } from '../../../shared/svid/wit-svid.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { isRefusal } from '../../refusal.ts';
import { signerOf } from '../../shared/crypto/pki.ts';

const trustDomain = TrustDomain.parse('example.org');
const web = SpiffeId.parse('spiffe://example.org/web');
const CONFIG = { issuer: undefined, defaultTtlSeconds: 300 };

async function world(keyType: KeyType = 'ec-p256', issuer?: string) {
  const clock = new FakeClock();
  const signer = await signerOf(keyType);
  const key: TokenKey = {
    keyId: 'k1',
    signer,
    issuedAt: clock.now(),
    expiresAt: addSeconds(clock.now(), 86_400),
  };
  const keys = { active: key as TokenKey | undefined };
  const activeKey = (): TokenKey => {
    if (keys.active === undefined) throw unavailable('server is initializing');
    return keys.active;
  };
  const needs = { trustDomain, keys: { activeKey }, clock, random: new FakeRandom() };
  const config = { ...CONFIG, issuer };
  const verify = (token: string, by: Signer = signer, keyId = 'k1') =>
    verifyJwtSvid({
      token,
      audience: ['a'],
      at: clock.now(),
      authorities: () => [{ keyId, publicKey: by.publicKey, expiresAt: undefined, tainted: false }],
    });
  return {
    clock,
    keys,
    key,
    verify,
    jwtCa: new JwtCa({ ...needs, config }),
    witCa: new WitCa({ ...needs, config }),
  };
}

const ask = (fields: Partial<JwtSvidRequest> = {}): JwtSvidRequest => ({
  spiffeId: web,
  audience: ['a'],
  ttlSeconds: 0,
  withTokenId: false,
  ...fields,
});

describe('the JWT authority', () => {
  for (const keyType of ['ec-p256', 'ec-p384', 'rsa-2048'] as const) {
    it(`signs with a key of type ${keyType} what was asked for`, async () => {
      const { clock, jwtCa, verify } = await world(keyType);
      const issued = await jwtCa.signJwtSvid(ask({ audience: ['a', 'b'], ttlSeconds: 60 }));
      const svid = verify(issued.token);
      assert.ok(svid.id.equals(web));
      assert.deepEqual(svid.audience, ['a', 'b']);
      assert.equal(svid.expiresAt.getTime() - clock.now().getTime(), 60_000);
      assert.deepEqual([svid.issuedAt, svid.expiresAt], [issued.issuedAt, issued.expiresAt]);
      assert.deepEqual(Object.keys(svid.claims).sort(), ['aud', 'exp', 'iat', 'sub']);
    });
  }

  it('lets a token live for the default time unless told, and never longer than its key', async () => {
    const { clock, key, jwtCa } = await world();
    const lives = async (ttlSeconds: number): Promise<number> =>
      ((await jwtCa.signJwtSvid(ask({ ttlSeconds }))).expiresAt.getTime() - clock.now().getTime()) / 1_000;
    assert.equal(await lives(0), 300);
    assert.equal(await lives(90_000), 86_400);
    await clock.advance(86_400_000 - 100_500);
    const { expiresAt, issuedAt } = await jwtCa.signJwtSvid(ask());
    assert.deepEqual(expiresAt, key.expiresAt);
    assert.equal(issuedAt.getTime() % 1_000, 0);
    assert.ok(issuedAt <= clock.now());
  });

  it('names its issuer where it has one, and gives ids where they are asked for: the bytes of a UUID', async () => {
    const { jwtCa, verify } = await world('ec-p256', 'https://oidc.example.org');
    const first = await jwtCa.signJwtSvid(ask({ withTokenId: true }));
    const second = await jwtCa.signJwtSvid(ask({ withTokenId: true }));
    const { claims } = verify(first.token);
    assert.equal(claims['iss'], 'https://oidc.example.org');
    assert.equal(claims['jti'], first.tokenId);
    assert.notEqual(first.tokenId, second.tokenId);
    const bytes = Buffer.from(first.tokenId ?? '', 'base64url');
    assert.equal(bytes.length, 16);
    assert.equal((bytes[6] ?? 0) >> 4, 4);
  });

  it('signs with the new key at once when there is one', async () => {
    const { keys, key, jwtCa, verify } = await world();
    await jwtCa.signJwtSvid(ask());
    const other = await signerOf('ec-p384');
    keys.active = { ...key, keyId: 'k2', signer: other };
    verify((await jwtCa.signJwtSvid(ask())).token, other, 'k2');
    keys.active = { ...key, keyId: 'k3' };
    assert.equal(verify((await jwtCa.signJwtSvid(ask())).token, key.signer, 'k3').keyId, 'k3');
  });

  it('refuses without a key, a time to live below nothing, and an ID of another trust domain', async () => {
    const { keys, jwtCa } = await world();
    await assert.rejects(
      jwtCa.signJwtSvid(ask({ ttlSeconds: -1 })),
      isRefusal(Code.invalidArgument, /TTL of -1 s is negative/),
    );
    const spiffeId = SpiffeId.parse('spiffe://other.org/web');
    await assert.rejects(
      jwtCa.signJwtSvid(ask({ spiffeId })),
      isRefusal(Code.internal, /not of trust domain/),
    );
    keys.active = undefined;
    await assert.rejects(jwtCa.signJwtSvid(ask()), isRefusal(Code.unavailable, /^server is initializing$/));
  });

  it('issues nothing with a key whose signatures its public key does not know, until it does', async () => {
    const { keys, key, jwtCa } = await world();
    const other = await signerOf('ec-p256');
    let isBroken = true;
    const sign = (message: Uint8Array) => (isBroken ? other : key.signer).sign(message);
    keys.active = { ...key, signer: { ...key.signer, sign } };
    const withheld = isRefusal(Code.internal, /signatures of the active token key are not valid/);
    await assert.rejects(jwtCa.signJwtSvid(ask()), withheld);
    isBroken = false;
    await jwtCa.signJwtSvid(ask());
  });
});

describe('the WIT authority', () => {
  it('binds the key that it is given, for its algorithm', async () => {
    const { clock, key, witCa } = await world();
    const { publicKey } = await signerOf('ec-p384');
    const proofKey = { publicKey, algorithm: 'ES384' as const };
    const { token, tokenId } = await witCa.signWitSvid({ spiffeId: web, proofKey, ttlSeconds: 60 });
    const held = { keyId: 'k1', publicKey: key.signer.publicKey, expiresAt: undefined, tainted: false };
    const svid = verifyWitSvid({ token, at: clock.now(), authorities: () => [held] });
    assert.deepEqual(svid.proofKey, proofKey);
    assert.equal(tokenId, undefined);
    assert.deepEqual(Object.keys(svid.claims).sort(), ['cnf', 'exp', 'iat', 'sub']);
  });

  it('refuses a key that is not for the algorithm, or that no SVID may have', async () => {
    const { witCa } = await world();
    const { publicKey } = await signerOf('ec-p384');
    const sign = (key: Uint8Array) =>
      witCa.signWitSvid({ spiffeId: web, proofKey: { publicKey: key, algorithm: 'ES256' }, ttlSeconds: 0 });
    await assert.rejects(sign(publicKey), isRefusal(Code.invalidArgument, /ES256 does not fit/));
    await assert.rejects(sign(new Uint8Array(3)), { code: Code.invalidArgument });
  });
});

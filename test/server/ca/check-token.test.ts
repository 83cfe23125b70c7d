/** The last look at tokens: whatever differs from what was asked is withheld. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkIssuedJwtSvid, checkIssuedWitSvid } from '../../../server/ca/check-token.ts';
import { addSeconds, unixSeconds } from '../../../shared/clock.ts';
import { Code } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { buildJwtSvid, jwtSvidClaims } from '../../../shared/svid/jwt-svid.ts';
import { TokenWriter } from '../../../shared/svid/token-writer.ts';
import { buildWitSvid, witSvidClaims } from '../../../shared/svid/wit-svid.ts';
import { isRefusal } from '../../refusal.ts';
import { signerOf } from '../../shared/crypto/pki.ts';

const AT = new Date('2026-01-01T00:00:00Z');
const signer = await signerOf('ec-p256');
const key = { keyId: 'k1', signer, expiresAt: addSeconds(AT, 3_600) };
const writer = new TokenWriter({ ...key, type: 'JWT' });
const witWriter = new TokenWriter({ ...key, type: 'wit+jwt' });
const both = {
  spiffeId: SpiffeId.parse('spiffe://example.org/web'),
  issuedAt: AT,
  expiresAt: addSeconds(AT, 300),
  issuer: 'https://example.org',
};
const jwt = { ...both, audience: ['a', 'b'], tokenId: 'id' };
const wit = { ...both, proofKey: { publicKey: signer.publicKey, algorithm: 'ES256' as const } };

const withheld = (field: string) =>
  isRefusal(Code.internal, `issued token is withheld: its ${field} is not what was asked for`);

describe('the last look at a token', () => {
  it('lets pass what is exactly what was asked for', async () => {
    checkIssuedJwtSvid(await buildJwtSvid(writer, jwt), jwt, key);
    checkIssuedWitSvid(await buildWitSvid(witWriter, wit), wit, key);
    const bare = { ...jwt, issuer: undefined, tokenId: undefined };
    checkIssuedJwtSvid(await buildJwtSvid(writer, bare), bare, key);
  });

  const otherClaims: readonly (readonly [string, object])[] = [
    ['subject', { sub: 'spiffe://example.org/wev' }],
    ['audience', { aud: ['b', 'a'] }],
    ['audience', { aud: ['a'] }],
    ['time of issue', { iat: unixSeconds(AT) - 1 }],
    ['expiration', { exp: unixSeconds(AT) + 301 }],
    ['issuer', { iss: 'https://example.com' }],
    ['token id', { jti: 'ie' }],
    ['claims', { nbf: unixSeconds(AT) }],
    ['claims', { admin: true }],
  ];
  for (const [field, changed] of otherClaims)
    it(`withholds a JWT-SVID with ${JSON.stringify(changed)}`, async () => {
      const token = await writer.write({ ...jwtSvidClaims(jwt), ...changed });
      assert.throws(() => checkIssuedJwtSvid(token, jwt, key), withheld(field));
    });

  it('withholds an audience that is no list, and anything that nobody asked for', async () => {
    const one = { ...jwt, audience: ['a'] };
    const token = await writer.write({ ...jwtSvidClaims(one), aud: 'a' });
    assert.throws(() => checkIssuedJwtSvid(token, one, key), withheld('audience'));
    const bare = { ...jwt, issuer: undefined };
    const named = await buildJwtSvid(writer, jwt);
    assert.throws(() => checkIssuedJwtSvid(named, bare, key), withheld('issuer'));
  });

  it('withholds what outlives its key, or names another key or algorithm', async () => {
    const token = await buildJwtSvid(writer, jwt);
    const brief = { ...key, expiresAt: addSeconds(AT, 299) };
    assert.throws(() => checkIssuedJwtSvid(token, jwt, brief), withheld('expiration, past that of its key,'));
    assert.throws(() => checkIssuedJwtSvid(token, jwt, { ...key, keyId: 'k2' }), withheld('key id'));
    const other = { ...key, signer: await signerOf('ec-p384') };
    assert.throws(() => checkIssuedJwtSvid(token, jwt, other), withheld('algorithm'));
  });

  it('withholds a WIT-SVID for another key, or with an audience', async () => {
    const publicKey = (await signerOf('ec-p256')).publicKey;
    const other = { ...wit, proofKey: { ...wit.proofKey, publicKey } };
    const token = await buildWitSvid(witWriter, other);
    assert.throws(() => checkIssuedWitSvid(token, wit, key), withheld('key'));
    const audience = await witWriter.write({ ...witSvidClaims(wit), aud: ['a'] });
    assert.throws(() => checkIssuedWitSvid(audience, wit, key), /withheld: .*it has an audience/);
    const more = await witWriter.write({ ...witSvidClaims(wit), jti: 'x' });
    assert.throws(() => checkIssuedWitSvid(more, wit, key), withheld('claims'));
  });
});

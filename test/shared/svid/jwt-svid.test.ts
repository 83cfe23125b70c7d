import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { jwtVerify } from 'jose';
import type { TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { KEY_TYPES, type Signer } from '../../../shared/crypto/signer.ts';
import { Code } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TOKEN_MAX_CHARS } from '../../../shared/svid/compact-jws.ts';
import { buildJwtSvid, parseJwtSvid, verifyJwtSvid } from '../../../shared/svid/jwt-svid.ts';
import { TokenWriter } from '../../../shared/svid/token-writer.ts';
import { isRefusal } from '../../refusal.ts';
import { signerOf } from '../crypto/pki.ts';
import { readTokenVectors } from './token-vectors.ts';

const vectors = readTokenVectors('jwt-svid');
const AT = new Date('2026-01-01T12:00:00Z');

test('there are vectors', () => assert.ok(vectors.length > 55));

for (const { file, expect, at, audience, token, bundle } of vectors) {
  const verify = () =>
    verifyJwtSvid({
      token,
      audience: [audience],
      at,
      authorities: (trustDomain) =>
        trustDomain.equals(bundle.trustDomain) ? bundle.jwtAuthorities : undefined,
    });
  if (expect === 'valid') {
    test(`accepts ${file}`, () => assert.equal(verify().id.toString(), 'spiffe://example.org/web'));
  } else {
    test(`refuses ${file}: ${expect}`, () => {
      assert.throws(verify, isRefusal(Code.invalidArgument, expect));
      assert.throws(verify, isRefusal(Code.invalidArgument, /^JWT-SVID is invalid: /));
    });
  }
}

const FIELDS = {
  spiffeId: SpiffeId.parse('spiffe://example.org/ns/prod/web'),
  audience: ['service', 'https://other.example/ä?x=1'],
  issuedAt: AT,
  expiresAt: addSeconds(AT, 300),
  issuer: 'https://oidc.example.org',
  tokenId: 'id-1',
};

const held = ({ publicKey }: Signer): TokenAuthority => ({
  keyId: 'k1',
  publicKey,
  expiresAt: undefined,
  tainted: false,
});

for (const keyType of KEY_TYPES) {
  test(`a token by a key of type ${keyType} is read by us and by jose, claim by claim`, async () => {
    const signer = await signerOf(keyType);
    const token = await buildJwtSvid(new TokenWriter({ keyId: 'k1', signer, type: 'JWT' }), FIELDS);
    const claims = {
      sub: 'spiffe://example.org/ns/prod/web',
      aud: FIELDS.audience,
      iat: AT.getTime() / 1_000,
      exp: AT.getTime() / 1_000 + 300,
      iss: 'https://oidc.example.org',
      jti: 'id-1',
    };
    const svid = verifyJwtSvid({ token, audience: ['service'], at: AT, authorities: () => [held(signer)] });
    assert.deepEqual(svid.claims, claims);
    assert.deepEqual(svid.audience, FIELDS.audience);
    assert.deepEqual(svid.issuedAt, FIELDS.issuedAt);
    assert.deepEqual(svid.expiresAt, FIELDS.expiresAt);
    const key = createPublicKey({ key: Buffer.from(signer.publicKey), format: 'der', type: 'spki' });
    const alg = keyType === 'ec-p256' ? 'ES256' : keyType === 'ec-p384' ? 'ES384' : 'RS256';
    const read = await jwtVerify(token, key, { audience: 'service', algorithms: [alg], currentDate: AT });
    assert.deepEqual(read.payload, claims);
    assert.deepEqual(read.protectedHeader, { alg, kid: 'k1', typ: 'JWT' });
  });
}

test('an audience of one is a list, and there is nothing that was not asked for', async () => {
  const writer = new TokenWriter({ keyId: 'k1', signer: await signerOf('ec-p256'), type: 'JWT' });
  const asked = { ...FIELDS, audience: ['one'], issuer: undefined, tokenId: undefined };
  const { claims } = parseJwtSvid(await buildJwtSvid(writer, asked));
  assert.deepEqual(claims['aud'], ['one']);
  assert.deepEqual(Object.keys(claims).sort(), ['aud', 'exp', 'iat', 'sub']);
});

test('every r and s becomes as long as its curve, whatever zeros it begins with', async () => {
  const signer = await signerOf('ec-p256');
  const writer = new TokenWriter({ keyId: 'k1', signer, type: 'JWT' });
  for (let i = 0; i < 300; i++) {
    const token = await buildJwtSvid(writer, { ...FIELDS, tokenId: String(i) });
    assert.equal(Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url').length, 64);
    if (i % 50 === 0)
      verifyJwtSvid({ token, audience: ['service'], at: AT, authorities: () => [held(signer)] });
  }
});

test('a token that is longer than any is refused before it is read', () => {
  const token = 'A'.repeat(TOKEN_MAX_CHARS + 1);
  assert.throws(() => parseJwtSvid(token), isRefusal(Code.invalidArgument, /token is longer than 65536/));
});

test('what is told of a wrong token holds nothing of it', () => {
  const secret = 'c2VjcmV0LXBhcnQ';
  for (const token of [secret, `${secret}.${secret}.${secret}`, `e30.e30.${secret}`])
    assert.throws(
      () => parseJwtSvid(token),
      (error: Error) => !error.message.includes(secret),
    );
});

test('a verifier without an audience of its own takes no token', async () => {
  const signer = await signerOf('ec-p256');
  const token = await buildJwtSvid(new TokenWriter({ keyId: 'k1', signer, type: 'JWT' }), FIELDS);
  const verify = () => verifyJwtSvid({ token, audience: [], at: AT, authorities: () => [held(signer)] });
  assert.throws(verify, isRefusal(Code.invalidArgument, /for another audience/));
});

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { jwtVerify } from 'jose';
import { CodedError } from '../../shared/errors.ts';
import { fromUnixSeconds } from '../../shared/clock.ts';
import { buildJwtSvid, parseJwtSvid, verifyJwtSvid } from '../../shared/svid/jwt-svid.ts';
import { TokenWriter } from '../../shared/svid/token-writer.ts';
import { buildWitSvid, parseWitSvid } from '../../shared/svid/wit-svid.ts';
import { signerOf } from '../shared/crypto/pki.ts';
import { spiffeIds } from './arbitraries.ts';

const signer = await signerOf('ec-p256');
const key = createPublicKey({ key: Buffer.from(signer.publicKey), format: 'der', type: 'spki' });
const jwtWriter = new TokenWriter({ keyId: 'k1', signer, type: 'JWT' });
const witWriter = new TokenWriter({ keyId: 'k1', signer, type: 'wit+jwt' });
const authority = { keyId: 'k1', publicKey: signer.publicKey, expiresAt: undefined, tainted: false };

const texts = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const seconds = fc.integer({ min: 1, max: 4_000_000_000 });
const asked = fc
  .record({
    spiffeId: spiffeIds,
    audience: fc.array(texts, { minLength: 1, maxLength: 5 }),
    issuedAt: seconds,
    lifetime: fc.integer({ min: 1, max: 1_000_000 }),
    issuer: fc.option(texts, { nil: undefined }),
    tokenId: fc.option(texts, { nil: undefined }),
  })
  .map(({ issuedAt, lifetime, ...rest }) => ({
    ...rest,
    issuedAt: fromUnixSeconds(issuedAt),
    expiresAt: fromUnixSeconds(issuedAt + lifetime),
  }));

test('every JWT-SVID that is written says what was asked, to us and to jose', () =>
  fc.assert(
    fc.asyncProperty(asked, async (fields) => {
      const token = await buildJwtSvid(jwtWriter, fields);
      const at = fields.issuedAt;
      const [first = ''] = fields.audience;
      const svid = verifyJwtSvid({ token, audience: [first], at, authorities: () => [authority] });
      assert.ok(svid.id.equals(fields.spiffeId));
      assert.deepEqual(svid.audience, fields.audience);
      assert.deepEqual([svid.issuedAt, svid.expiresAt], [fields.issuedAt, fields.expiresAt]);
      assert.deepEqual([svid.claims['iss'], svid.claims['jti']], [fields.issuer, fields.tokenId]);
      const { payload } = await jwtVerify(token, key, { algorithms: ['ES256'], currentDate: at });
      assert.deepEqual({ ...payload }, { ...svid.claims });
    }),
    { numRuns: 60 },
  ));

const json = fc.jsonValue({ maxDepth: 3 });
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const odd = (known: readonly string[], likely: readonly unknown[]) =>
  fc.dictionary(fc.constantFrom(...known), fc.oneof(fc.constantFrom(...likely), json));
const headers = odd(
  ['alg', 'kid', 'typ', 'crit', 'x'],
  ['ES256', 'RS256', 'none', 'HS256', 'JWT', 'wit+jwt', 'k1', '__proto__'],
);
const claims = odd(
  ['sub', 'aud', 'exp', 'iat', 'nbf', 'iss', 'cnf', '__proto__', 'toString'],
  ['spiffe://example.org/web', ['a'], 'a', 1, -1, 1e300, 4e9, { jwk: { kty: 'EC', alg: 'ES256' } }],
);

function readsOrRefuses(token: string): void {
  for (const read of [
    () => parseJwtSvid(token),
    () => parseWitSvid(token),
    () => verifyJwtSvid({ token, audience: ['a'], at: fromUnixSeconds(1), authorities: () => [authority] }),
  ]) {
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof CodedError, String(error));
    }
  }
}

test('any header with any claims is read or refused, and what nobody signed is never verified', () => {
  fc.assert(
    fc.property(headers, claims, fc.base64String(), (header, body, signature) => {
      const token = `${base64url(header)}.${base64url(body)}.${signature.replace(/=+$/, '')}`;
      readsOrRefuses(token);
      assert.throws(() =>
        verifyJwtSvid({ token, audience: ['a'], at: fromUnixSeconds(1), authorities: () => [authority] }),
      );
    }),
  );
});

test('any text is read or refused', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), readsOrRefuses));
});

test('a token with anything changed is refused: it has one spelling', async () => {
  const [fields] = fc.sample(asked, { numRuns: 1, seed: 1 });
  assert.ok(fields !== undefined);
  const at = fields.issuedAt;
  const good = await buildJwtSvid(jwtWriter, fields);
  const proofKey = { publicKey: signer.publicKey, algorithm: 'ES256' as const };
  const wit = await buildWitSvid(witWriter, { ...fields, proofKey });
  const [first = ''] = fields.audience;
  const change = fc.record({
    at: fc.nat(good.length - 1),
    one: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= '),
    isInserted: fc.boolean(),
  });
  fc.assert(
    fc.property(change, ({ at: n, one, isInserted }) => {
      fc.pre(isInserted || good[n] !== one);
      const token = good.slice(0, n) + one + good.slice(isInserted ? n : n + 1);
      readsOrRefuses(wit.slice(0, n) + one + wit.slice(n + 1));
      assert.throws(
        () => verifyJwtSvid({ token, audience: [first], at, authorities: () => [authority] }),
        CodedError,
      );
    }),
    { numRuns: 500 },
  );
});

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { importJWK, jwtVerify } from 'jose';
import { addSeconds } from '../../../shared/clock.ts';
import { Code } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { buildWitSvid, parseWitSvid, verifyWitSvid } from '../../../shared/svid/wit-svid.ts';
import { TokenWriter } from '../../../shared/svid/token-writer.ts';
import { isRefusal } from '../../refusal.ts';
import { signerOf } from '../crypto/pki.ts';
import { readTokenVectors } from './token-vectors.ts';

const vectors = readTokenVectors('wit-svid');

test('there are vectors', () => assert.ok(vectors.length > 20));

for (const { file, expect, at, token, bundle } of vectors) {
  const verify = () => verifyWitSvid({ token, at, authorities: () => bundle.witAuthorities });
  if (expect === 'valid') {
    test(`accepts ${file}`, () => assert.equal(verify().id.toString(), 'spiffe://example.org/web'));
  } else {
    test(`refuses ${file}: ${expect}`, () => {
      assert.throws(verify, isRefusal(Code.invalidArgument, expect));
      assert.throws(verify, isRefusal(Code.invalidArgument, /^WIT-SVID is invalid: /));
    });
  }
}

const AT = new Date('2026-01-01T12:00:00Z');

for (const [keyType, algorithm] of [
  ['ec-p256', 'ES256'],
  ['ec-p384', 'ES384'],
  ['rsa-2048', 'PS256'],
] as const) {
  test(`what is written for a key of type ${keyType} is read by us and by jose`, async () => {
    const signer = await signerOf('ec-p256');
    const { publicKey } = await signerOf(keyType);
    const asked = {
      spiffeId: SpiffeId.parse('spiffe://example.org/web'),
      proofKey: { publicKey, algorithm },
      issuedAt: AT,
      expiresAt: addSeconds(AT, 3_600),
      issuer: 'https://wit.example.org',
    };
    const token = await buildWitSvid(new TokenWriter({ keyId: 'k1', signer, type: 'wit+jwt' }), asked);
    const svid = parseWitSvid(token);
    assert.deepEqual(svid.proofKey, { publicKey, algorithm });
    const key = createPublicKey({ key: Buffer.from(signer.publicKey), format: 'der', type: 'spki' });
    const read = await jwtVerify(token, key, { typ: 'wit+jwt', currentDate: AT, issuer: asked.issuer });
    assert.deepEqual(read.protectedHeader, { alg: 'ES256', kid: 'k1', typ: 'wit+jwt' });
    const { jwk } = read.payload['cnf'] as { jwk: Record<string, string> };
    assert.equal(jwk['alg'], algorithm);
    assert.ok(!('d' in jwk));
    await importJWK(jwk, algorithm);
    assert.deepEqual(Object.keys(read.payload).sort(), ['cnf', 'exp', 'iat', 'iss', 'sub']);
  });
}

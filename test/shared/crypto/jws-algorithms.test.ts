import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import {
  checkJwsKeyFits,
  isJwsAlgorithm,
  isJwsSignatureValid,
  type JwsAlgorithm,
  jwsAlgorithmOf,
  toJwsSignature,
} from '../../../shared/crypto/jws-algorithms.ts';
import { encode, sequence, unsignedInteger } from '../../../shared/crypto/der-writer.ts';
import { KEY_TYPES } from '../../../shared/crypto/signer.ts';
import { Code } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';

test('the algorithms are those of SPIFFE, by their exact names', () => {
  const nine = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];
  assert.ok(nine.every(isJwsAlgorithm));
  for (const other of ['none', 'HS256', 'EdDSA', 'es256', 'ES256K', 'toString', '__proto__', '', 256, null])
    assert.equal(isJwsAlgorithm(other), false, String(other));
});

test('the type of a key says what it signs with', () => {
  assert.deepEqual(KEY_TYPES.map(jwsAlgorithmOf), ['ES256', 'ES384', 'RS256', 'RS256']);
});

const kinds = ['rsa', 'ec-p256', 'ec-p384', 'ec-p521', 'ed25519'] as const;
const fitting: Readonly<Record<JwsAlgorithm, (typeof kinds)[number]>> = {
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  ES256: 'ec-p256',
  ES384: 'ec-p384',
  ES512: 'ec-p521',
};
for (const [algorithm, fits] of Object.entries(fitting) as [JwsAlgorithm, (typeof kinds)[number]][]) {
  test(`${algorithm} is for keys of kind ${fits} alone`, () => {
    for (const kind of kinds) {
      const check = () => checkJwsKeyFits(algorithm, kind);
      if (kind === fits) check();
      else
        assert.throws(
          check,
          isRefusal(Code.invalidArgument, `${algorithm} does not fit a key of kind ${kind}`),
        );
    }
  });
}

test('a signature of RSA with another padding is none', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const message = Buffer.from('message');
  const signature = sign('sha256', message, privateKey);
  const check = { publicKey, message, signature };
  assert.equal(isJwsSignatureValid({ ...check, algorithm: 'RS256' }), true);
  assert.equal(isJwsSignatureValid({ ...check, algorithm: 'PS256' }), false);
  assert.equal(isJwsSignatureValid({ ...check, algorithm: 'RS384' }), false);
});

test('an ECDSA signature is r and s side by side, each as long as the curve', () => {
  const [r, s] = [Uint8Array.of(1), Uint8Array.of(0xff, 2)];
  const raw = toJwsSignature('ES256', encode(sequence(unsignedInteger(r), unsignedInteger(s))));
  assert.equal(Buffer.from(raw).toString('hex'), `${'00'.repeat(31)}01${'00'.repeat(30)}ff02`);
  const long = unsignedInteger(new Uint8Array(33).fill(1));
  assert.throws(() => toJwsSignature('ES256', encode(sequence(long, long))), /longer than its curve allows/);
  assert.throws(() => toJwsSignature('ES256', new Uint8Array(64)));
});

test('a signature of another length than its curve has is none', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.from('message');
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const check = { algorithm: 'ES256', publicKey, message } as const;
  assert.equal(isJwsSignatureValid({ ...check, signature }), true);
  for (const length of [0, 63, 65, 96])
    assert.equal(isJwsSignatureValid({ ...check, signature: new Uint8Array(length) }), false);
});

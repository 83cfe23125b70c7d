import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBundleJson, parseJwtKeys } from '../../shared/bundle/bundle-json.ts';
import { formatBundle } from '../../shared/bundle/format-bundle.ts';
import { CodedError } from '../../shared/errors.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { makeRoot } from '../shared/crypto/pki.ts';

const trustDomain = TrustDomain.parse('example.org');
const { certificate } = await makeRoot();
const good = formatBundle({
  trustDomain,
  x509Authorities: [{ certificate: certificate.raw, tainted: false }],
  jwtAuthorities: [{ keyId: 'k', publicKey: certificate.publicKey, expiresAt: undefined, tainted: false }],
  witAuthorities: [],
  refreshHintSeconds: 1,
  sequenceNumber: 1,
});

function readsOrRefuses(text: string): void {
  for (const read of [() => parseBundleJson(text, trustDomain), () => parseJwtKeys(text)])
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof CodedError, String(error));
    }
}

test('a bundle that is any JSON is read or refused', () => {
  fc.assert(fc.property(fc.json(), readsOrRefuses));
});

test('keys of any members are read or refused', () => {
  const member = fc.constantFrom('kty', 'use', 'x5c', 'kid', 'crv', 'x', 'y', 'n', 'e');
  const value = fc.oneof(
    fc.constantFrom('EC', 'RSA', 'x509-svid', 'jwt-svid', 'P-256'),
    fc.string(),
    fc.jsonValue(),
  );
  const key = fc.dictionary(member, value);
  fc.assert(fc.property(fc.array(key), (keys) => readsOrRefuses(JSON.stringify({ keys }))));
});

test('a good bundle with one character changed is read or refused', () => {
  const at = fc.nat(good.length - 1);
  fc.assert(
    fc.property(at, fc.string({ minLength: 1, maxLength: 1 }), (n, one) =>
      readsOrRefuses(good.slice(0, n) + one + good.slice(n + 1)),
    ),
  );
});

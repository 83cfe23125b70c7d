import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseBundleJson } from '../../../shared/bundle/bundle-json.ts';
import { formatBundle } from '../../../shared/bundle/format-bundle.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { makeRoot } from '../crypto/pki.ts';

const trustDomain = TrustDomain.parse('example.org');

it('writes a SPIFFE bundle that reads back to the same authorities', async () => {
  const roots = [await makeRoot(), await makeRoot({ keyType: 'rsa-2048' })];
  const bundle = {
    trustDomain,
    x509Authorities: roots.map(({ certificate }) => ({ certificate: certificate.raw, tainted: false })),
    jwtAuthorities: [],
    witAuthorities: [],
    refreshHintSeconds: 60,
    sequenceNumber: 7,
  };
  const text = formatBundle(bundle);
  const read = parseBundleJson(text, trustDomain);
  assert.deepEqual(
    read.x509Authorities.map(({ certificate }) => Buffer.from(certificate)),
    roots.map(({ certificate }) => Buffer.from(certificate.raw)),
  );
  assert.equal(read.sequenceNumber, 7);
  assert.equal(read.refreshHintSeconds, 60);
});

it('gives an X.509 key no kid, and full-width coordinates', async () => {
  const root = await makeRoot({ keyType: 'ec-p384' });
  const authority = { certificate: root.certificate.raw, tainted: false };
  const { keys } = JSON.parse(
    formatBundle({
      trustDomain,
      x509Authorities: [authority],
      jwtAuthorities: [],
      witAuthorities: [],
      refreshHintSeconds: 0,
      sequenceNumber: 0,
    }),
  ) as { keys: Record<string, string>[] };
  assert.equal(keys[0]?.['use'], 'x509-svid');
  assert.equal('kid' in (keys[0] ?? {}), false);
  assert.equal(Buffer.from(keys[0]?.['x'] ?? '', 'base64url').length, 48);
  assert.equal(Buffer.from(keys[0]?.['y'] ?? '', 'base64url').length, 48);
});

it('writes the members of a key in the order in which SPIRE does', async () => {
  const { certificate } = await makeRoot();
  const { publicKey } = certificate;
  const rsa = (await makeRoot({ keyType: 'rsa-2048' })).certificate.publicKey;
  const token = (keyId: string, key: Uint8Array) => ({
    keyId,
    publicKey: key,
    expiresAt: undefined,
    tainted: false,
  });
  const { keys } = JSON.parse(
    formatBundle({
      trustDomain,
      x509Authorities: [{ certificate: certificate.raw, tainted: false }],
      jwtAuthorities: [token('a', publicKey), token('b', rsa)],
      witAuthorities: [],
      refreshHintSeconds: 0,
      sequenceNumber: 0,
    }),
  ) as { keys: object[] };
  assert.deepEqual(
    keys.map((key) => Object.keys(key).join(' ')),
    ['use kty crv x y x5c', 'use kty kid crv x y', 'use kty kid n e'],
  );
});

import 'reflect-metadata';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { buildCsr, parseCsr, verifyCsr } from '../../shared/crypto/csr.ts';
import { Oid } from '../../shared/crypto/oids.ts';
import { CodedError } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { signerOf } from '../shared/crypto/pki.ts';
import { dnsNames, mutated, spiffeIds } from './arbitraries.ts';

const signers = await Promise.all((['ec-p256', 'ec-p384', 'rsa-2048'] as const).map(signerOf));

test('another implementation reads in our requests what was asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...signers), spiffeIds, dnsNames, async (signer, spiffeId, names) => {
      const request = new x509.Pkcs10CertificateRequest(
        await buildCsr(signer, { spiffeId, dnsNames: names }),
      );
      assert.ok(await request.verify());
      assert.deepEqual(new Uint8Array(request.publicKey.rawData), signer.publicKey);
      assert.deepEqual(request.subjectName.toJSON(), [{ C: ['US'] }, { O: ['SPIRE'] }]);
      const raw =
        request.extensions.find(({ type }) => type === Oid.subjectAltName)?.rawData ?? assert.fail();
      const san = new x509.SubjectAlternativeNameExtension(raw);
      const wanted = [
        { type: 'url', value: spiffeId.toString() },
        ...names.map((value) => ({ type: 'dns', value })),
      ];
      assert.deepEqual(san.names.toJSON(), wanted);
    }),
    { numRuns: 30 },
  );
});

const ALGORITHMS = [
  { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: Uint8Array.of(1, 0, 1),
    modulusLength: 2_048,
  },
];
const foreignKeys = await Promise.all(
  ALGORITHMS.map(async (signingAlgorithm) => ({
    signingAlgorithm,
    keys: await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']),
  })),
);

test('we read in the requests of another implementation what was asked', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...foreignKeys),
      spiffeIds,
      dnsNames,
      async ({ keys, signingAlgorithm }, spiffeId, names) => {
        const san = [
          { type: 'url' as const, value: spiffeId.toString() },
          ...names.map((value) => ({ type: 'dns' as const, value })),
        ];
        const extensions = [new x509.SubjectAlternativeNameExtension(san)];
        const made = await x509.Pkcs10CertificateRequestGenerator.create({
          name: 'CN=x',
          keys,
          signingAlgorithm,
          extensions,
        });
        const request = parseCsr(new Uint8Array(made.rawData));
        await verifyCsr(request);
        assert.deepEqual(request.publicKey, new Uint8Array(made.publicKey.rawData));
        assert.deepEqual([request.uriSans, request.dnsNames], [[spiffeId.toString()], names]);
      },
    ),
    { numRuns: 30 },
  );
});

const request = await buildCsr(await signerOf('ec-p256'), {
  spiffeId: SpiffeId.parse('spiffe://a/b'),
  dnsNames: ['c'],
});

test('a changed request is refused: by its reader or by its signature', async () => {
  await fc.assert(
    fc.asyncProperty(mutated(request), async (bytes) => {
      await assert.rejects(async () => verifyCsr(parseCsr(bytes)), CodedError);
    }),
    { numRuns: 1_000 },
  );
});

test('random bytes are no request, and are refused as such', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) =>
      assert.throws(() => parseCsr(bytes), CodedError),
    ),
  );
});

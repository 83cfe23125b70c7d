import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BundleOutput } from '../../proto/gen/spire/api/types/Bundle.ts';
import { bundleFromWire } from '../../server/api/wire/bundle-from-wire.ts';
import { bundleWriter } from '../../server/api/wire/bundle.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { parseBundleJson } from '../../shared/bundle/bundle-json.ts';
import { formatBundle } from '../../shared/bundle/format-bundle.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { makeRoot } from '../shared/crypto/pki.ts';
import { mutated } from './arbitraries.ts';

const { certificate } = await makeRoot();

function read(wire: BundleOutput): Bundle | undefined {
  try {
    return bundleFromWire(wire);
  } catch (error) {
    assert.ok(error instanceof CodedError && error.code === Code.invalidArgument, String(error));
    return undefined;
  }
}

/** Mostly what is right, so that whole bundles are. */
const mostly = <T>(right: fc.Arbitrary<T>, any: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: right }, any);
const int64 = (min: bigint) => fc.bigInt({ min, max: 2n ** 63n - 1n }).map(String);
const seconds = fc.nat().map(String);

const buffers = (original: Uint8Array) =>
  mostly(fc.constant(original), fc.oneof(mutated(original), fc.uint8Array({ maxLength: 80 }))).map((bytes) =>
    Buffer.from(bytes),
  );
const keys = fc.array(
  fc.record({
    public_key: buffers(certificate.publicKey),
    key_id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
    expires_at: mostly(seconds, int64(-(2n ** 63n))),
    tainted: fc.boolean(),
  }),
  { maxLength: 3 },
);
const wires: fc.Arbitrary<BundleOutput> = fc.record({
  trust_domain: mostly(fc.constantFrom('a.org', 'spiffe://a.org', 'spiffe://a.org/x'), fc.string()),
  x509_authorities: fc.array(fc.record({ asn1: buffers(certificate.raw), tainted: fc.boolean() }), {
    maxLength: 3,
  }),
  jwt_authorities: keys,
  wit_authorities: keys,
  refresh_hint: mostly(seconds, int64(-5n)),
  sequence_number: mostly(int64(0n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)),
});

test('a bundle that is taken from a caller can be printed, read and verified with; any other is refused', () => {
  let taken = 0;
  fc.assert(
    fc.property(wires, (wire) => {
      const bundle = read(wire);
      if (bundle === undefined) return;
      taken += 1;
      assert.ok(bundle.x509Authorities.every(({ certificate: der }) => new X509Certificate(der).publicKey));
      const again = parseBundleJson(formatBundle(bundle), bundle.trustDomain);
      assert.equal(again.x509Authorities.length, bundle.x509Authorities.length);
      assert.deepEqual(
        again.jwtAuthorities.map(({ keyId }) => keyId),
        bundle.jwtAuthorities.map(({ keyId }) => keyId),
      );
      const { x509_authorities: _, ...rest } = bundleWriter(null)(bundle);
      assert.equal(Number(rest.sequence_number), Number(wire.sequence_number));
      assert.deepEqual(
        rest.jwt_authorities?.map(({ key_id, expires_at }) => [key_id, String(expires_at)]),
        wire.jwt_authorities.map(({ key_id, expires_at }) => [key_id, expires_at]),
      );
    }),
    { numRuns: 300 },
  );
  assert.ok(taken > 30, String(taken));
});

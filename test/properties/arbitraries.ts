/** What the properties of this folder draw from. */
import fc from 'fast-check';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

const trustDomain = fc.stringMatching(/^[a-z0-9._-]{1,30}$/);
const path = fc.array(fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/), { minLength: 1, maxLength: 6 });

/** IDs of workloads. */
export const spiffeIds: fc.Arbitrary<SpiffeId> = fc
  .tuple(trustDomain, path)
  .map(([name, segments]) => SpiffeId.parse(`spiffe://${name}/${segments.join('/')}`));

/** Names that a certificate may hold, none or a few, each once. */
export const dnsNames: fc.Arbitrary<string[]> = fc.uniqueArray(
  fc.stringMatching(/^(\*\.)?[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{2,8}){0,3}$/),
  { maxLength: 4 },
);

/** Whole seconds of the years that certificates can tell. */
export const times: fc.Arbitrary<Date> = fc
  .integer({ min: -631_152_000, max: 253_402_300_799 })
  .map((seconds) => new Date(seconds * 1_000));

/** Magnitudes that are not zero, with leading zeros or not. */
export const serialNumbers: fc.Arbitrary<Uint8Array> = fc
  .uint8Array({ minLength: 1, maxLength: 16 })
  .filter((bytes) => bytes.some((byte) => byte !== 0));

/** The bytes with something wrong in them: a byte changed, left out, put in, the end cut off, something after it. */
export function mutated(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(original.length - 1);
  const byte = fc.nat(255);
  return fc
    .oneof(
      fc.tuple(at, byte).map(([n, value]) => original.with(n, value)),
      fc.tuple(at, fc.nat(7)).map(([n, bit]) => original.with(n, (original[n] ?? 0) ^ (1 << bit))),
      at.map((n) => Uint8Array.of(...original.subarray(0, n), ...original.subarray(n + 1))),
      fc
        .tuple(at, byte)
        .map(([n, value]) => Uint8Array.of(...original.subarray(0, n), value, ...original.subarray(n))),
      at.map((n) => original.slice(0, n)),
      fc.uint8Array({ minLength: 1, maxLength: 8 }).map((tail) => Uint8Array.of(...original, ...tail)),
    )
    .filter((bytes) => Buffer.compare(bytes, original) !== 0);
}

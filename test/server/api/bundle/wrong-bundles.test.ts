/** Bundles that are not taken, and what is said of them. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Bundle } from '../../../../proto/gen/spire/api/types/Bundle.ts';
import { BUNDLE_MAX_BYTES } from '../../../../server/bundle/bundle-size.ts';
import { Code } from '../../../../shared/errors.ts';
import { Endings } from '../../../fakes/endings.ts';
import { wireKey } from '../../../fakes/wire-bundles.ts';
import { BundleWorld, refused } from './bundle-world.ts';
describe('what is no bundle', () => {
  const endings = new Endings();
  let world: BundleWorld;
  before(async () => {
    world = await BundleWorld.open(endings);
  });
  after(() => endings.end());
  beforeEach(() => world.deleteForeign());

  const wrong: Readonly<Record<string, () => readonly [Bundle, RegExp]>> = {
    'no trust domain': () => [
      world.bundle(''),
      /^trust domain argument is not valid: trust domain is missing$/,
    ],
    'a malformed trust domain': () => [
      world.bundle('malformed TD'),
      /^trust domain argument is not valid: trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores$/,
    ],
    'a certificate that is none': () => [
      world.bundle('a.org', { x509_authorities: [{ asn1: Buffer.from('malformed') }] }),
      /^failed to convert bundle: unable to parse X\.509 authority: /,
    ],
    'an empty certificate': () => [
      world.bundle('a.org', { x509_authorities: [{}] }),
      /^failed to convert bundle: unable to parse X\.509 authority: certificate is missing$/,
    ],
    'a key that is none': () => [
      world.bundle('a.org', { jwt_authorities: [wireKey('k', Buffer.from('malformed'))] }),
      /^failed to convert bundle: unable to parse JWT authority: /,
    ],
    'a key without an ID': () => [
      world.bundle('a.org', { jwt_authorities: [world.key('')] }),
      /^failed to convert bundle: unable to parse JWT authority: missing key ID$/,
    ],
    'a WIT key without an ID': () => [
      world.bundle('a.org', { wit_authorities: [world.key('')] }),
      /^failed to convert bundle: unable to parse WIT authority: missing key ID$/,
    ],
    'a key ID that is too long': () => [
      world.bundle('a.org', { jwt_authorities: [world.key('x'.repeat(1_025))] }),
      /key ID is longer than 1024 characters$/,
    ],
    'two keys of one ID': () => [
      world.bundle('a.org', { jwt_authorities: [world.key('k'), world.key('k')] }),
      /key ID "k" occurs twice$/,
    ],
    'a key that ended before 1970': () => [
      world.bundle('a.org', { jwt_authorities: [world.key('k', '-1')] }),
      /key expiration is not a time after 1970$/,
    ],
    'a key that ends when no date does': () => [
      world.bundle('a.org', { jwt_authorities: [world.key('k', '9223372036854775807')] }),
      /key expiration is not a time after 1970$/,
    ],
    'a negative refresh hint': () => [
      world.bundle('a.org', { refresh_hint: -1 }),
      /refresh hint is not from 0 /,
    ],
    'a sequence number that cannot be stored': () => [
      world.bundle('a.org', { sequence_number: '18446744073709551615' }),
      /sequence number is above 9223372036854775807$/,
    ],
    'too much of it': () => {
      const { asn1 } = world;
      const count = Math.ceil(BUNDLE_MAX_BYTES / asn1.length);
      return [
        world.bundle('a.org', { x509_authorities: Array.from({ length: count }, () => ({ asn1 })) }),
        /bundle has \d+ bytes, where 1048576 are allowed$/,
      ];
    },
  };
  for (const [what, make] of Object.entries(wrong))
    it(`a bundle with ${what} is neither created, set nor updated`, async () => {
      await world.api.unary('BatchSetFederatedBundle', { bundle: [world.bundle('b.org')] });
      const [bad, message] = make();
      const batch = { bundle: [bad, world.bundle('b.org')] };
      const answers = [
        await world.api.unary('BatchCreateFederatedBundle', batch),
        await world.api.unary('BatchSetFederatedBundle', batch),
        await world.api.unary('BatchUpdateFederatedBundle', batch),
      ];
      for (const { results } of answers) {
        assert.equal(results[0]?.status?.code, Code.invalidArgument);
        assert.match(results[0]?.status?.message ?? '', message);
        assert.equal(results[0]?.bundle, null);
      }
      assert.deepEqual(
        answers.map(({ results }) => results[1]?.status?.code),
        [Code.alreadyExists, 0, 0],
      );
      await refused(world.get('a.org'), Code.notFound, 'bundle not found');
    });

  it('certificates that come one after the other are authorities of their own', async () => {
    const asn1 = Buffer.concat(world.authorities.certificates);
    const given = world.bundle('a.org', { x509_authorities: [{ asn1, tainted: true }] });
    const { results } = await world.api.unary('BatchSetFederatedBundle', { bundle: [given] });
    assert.deepEqual(
      results[0]?.bundle?.x509_authorities,
      world.authorities.certificates.map((each) => ({ asn1: each, tainted: false })),
    );
  });
});

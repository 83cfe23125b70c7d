/** What administrators and downstream servers add to the own bundle, with SPIRE's codes and words. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Bundle } from '../../../../proto/gen/spire/api/types/Bundle.ts';
import { buildCsr } from '../../../../shared/crypto/csr.ts';
import { Code } from '../../../../shared/errors.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { Endings } from '../../../fakes/endings.ts';
import { identityOf, testKey } from '../../../fakes/server-under-test.ts';
import { wireKey } from '../../../fakes/wire-bundles.ts';
import { BundleWorld, own, refused } from './bundle-world.ts';
describe('the own bundle', () => {
  const endings = new Endings();
  let world: BundleWorld;
  before(async () => {
    world = await BundleWorld.open(endings);
  });
  after(() => endings.end());
  beforeEach(() => world.deleteForeign());

  const sequenceOf = async (): Promise<number> =>
    (await world.datastore.bundles.find(own))?.sequenceNumber ?? assert.fail('no own bundle');

  it('gets what is appended, once, under the next sequence number', async () => {
    const before = await sequenceOf();
    const { asn1 } = world;
    const request = {
      x509_authorities: [{ asn1 }],
      jwt_authorities: [world.key('appended')],
      wit_authorities: [world.key('appended')],
    };
    const appended = await world.api.unary('AppendBundle', request);
    assert.equal(appended.trust_domain, 'example.org');
    assert.equal(appended.sequence_number, String(before + 1));
    assert.deepEqual(appended.x509_authorities.at(-1), { asn1, tainted: false });
    assert.deepEqual(appended.jwt_authorities.at(-1), world.key('appended'));
    assert.deepEqual(appended.wit_authorities.at(-1), world.key('appended'));
    assert.deepEqual(await world.api.unary('AppendBundle', request), appended, 'nothing is new');
    const masked = await world.api.unary('AppendBundle', {
      ...request,
      output_mask: { sequence_number: true },
    });
    assert.deepEqual([masked.sequence_number, masked.jwt_authorities], [String(before + 1), []]);
  });

  it('is closed to what is no authority, and to more than it may hold', async () => {
    const before = await sequenceOf();
    const refusals: readonly (readonly [object, RegExp])[] = [
      [{}, /^no authorities to append$/],
      [{ jwt_authorities: [world.key('')] }, /^failed to convert JWT authority: missing key ID$/],
      [{ wit_authorities: [world.key('')] }, /^failed to convert WIT authority: missing key ID$/],
      [{ jwt_authorities: [wireKey('k', Buffer.from('x'))] }, /^failed to convert JWT authority: /],
      [{ x509_authorities: [{ asn1: Buffer.from('x') }] }, /^failed to convert X\.509 authority: /],
    ];
    for (const [request, message] of refusals)
      await refused(world.api.unary('AppendBundle', request), Code.invalidArgument, message);
    const jwt_authorities = Array.from({ length: 1_500 }, (_, at) => world.key(`${at}-${'x'.repeat(800)}`));
    await refused(
      world.api.unary('AppendBundle', { jwt_authorities }),
      Code.resourceExhausted,
      /^failed to append bundle: the bundle would have \d+ bytes, and 1048576 at most are kept$/,
    );
    assert.equal(await sequenceOf(), before);
  });

  it('gets the keys of downstream servers, who are told all of them', async () => {
    await world.register('nested');
    const id = 'nested';
    await world.server.admin.entry.unary('BatchUpdateEntry', {
      entries: [{ id, downstream: true }],
      input_mask: { downstream: true },
    });
    const mine = await testKey();
    const csr = await buildCsr(mine.signer, { spiffeId: SpiffeId.parse('spiffe://example.org/nested') });
    const { svid } = await world.server.admin.svid.unary('MintX509SVID', { csr });
    const nested = world.server.connect(identityOf(mine, svid?.cert_chain ?? [])).bundle;
    const before = await sequenceOf();
    const { jwt_authorities } = await nested.unary('PublishJWTAuthority', {
      jwt_authority: world.key('nested'),
    });
    assert.deepEqual(jwt_authorities.at(-1), world.key('nested'));
    const { wit_authorities } = await nested.unary('PublishWITAuthority', {
      wit_authority: world.key('nested'),
    });
    assert.deepEqual(wit_authorities.at(-1), world.key('nested'));
    assert.equal(await sequenceOf(), before + 2);
    const bundleNow = await world.datastore.bundles.find(own);
    assert.equal(bundleNow?.jwtAuthorities.length, jwt_authorities.length);
    for (const [name, publish] of [
      [
        'JWT',
        (one?: Bundle[]) =>
          nested.unary('PublishJWTAuthority', one === undefined ? {} : { jwt_authority: world.key('') }),
      ],
      [
        'WIT',
        (one?: Bundle[]) =>
          nested.unary('PublishWITAuthority', one === undefined ? {} : { wit_authority: world.key('') }),
      ],
    ] as const) {
      await refused(publish(), Code.invalidArgument, `missing ${name} authority`);
      await refused(publish([]), Code.invalidArgument, `invalid ${name} authority: missing key ID`);
    }
    await refused(
      world.api.unary('PublishJWTAuthority', { jwt_authority: world.key('k') }),
      Code.permissionDenied,
      'authorization denied for method /spire.api.server.bundle.v1.Bundle/PublishJWTAuthority',
    );
  });
});

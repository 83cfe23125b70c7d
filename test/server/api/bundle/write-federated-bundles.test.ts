/** Creating, setting, updating and deleting bundles of other trust domains, with SPIRE's codes and words. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Bundle } from '../../../../proto/gen/spire/api/types/Bundle.ts';
import type { Status } from '../../../../proto/gen/spire/api/types/Status.ts';
import { Code } from '../../../../shared/errors.ts';
import { Endings } from '../../../fakes/endings.ts';
import { BundleWorld, OK, refused } from './bundle-world.ts';
describe('bundles of other trust domains', () => {
  const endings = new Endings();
  let world: BundleWorld;
  before(async () => {
    world = await BundleWorld.open(endings);
  });
  after(() => endings.end());
  beforeEach(() => world.deleteForeign());

  describe('BatchCreateFederatedBundle', () => {
    it('stores bundles as they are given, and shows what the output mask names', async () => {
      const { results } = await world.api.unary('BatchCreateFederatedBundle', {
        bundle: [world.bundle('a.org')],
      });
      assert.deepEqual(results, [{ status: OK, bundle: world.bundle('a.org') }]);
      assert.deepEqual(await world.get('a.org'), world.bundle('a.org'));
      const masked = await world.api.unary('BatchCreateFederatedBundle', {
        bundle: [world.bundle('spiffe://b.org', { sequence_number: '9223372036854774784' })],
        output_mask: { sequence_number: true },
      });
      assert.deepEqual(masked.results[0]?.bundle, {
        trust_domain: 'b.org',
        x509_authorities: [],
        jwt_authorities: [],
        wit_authorities: [],
        refresh_hint: '0',
        sequence_number: '9223372036854774784',
      });
    });

    it('decides each item by itself', async () => {
      const { results } = await world.api.unary('BatchCreateFederatedBundle', {
        bundle: [
          world.bundle('a.org'),
          world.bundle('a.org'),
          world.bundle('example.org'),
          world.bundle('b.org'),
        ],
      });
      assert.deepEqual(
        results.map(({ status }) => status),
        [
          OK,
          { code: Code.alreadyExists, message: 'bundle already exists' },
          {
            code: Code.invalidArgument,
            message: "creating a federated bundle for the server's own trust domain is not allowed",
          },
          OK,
        ],
      );
      assert.deepEqual(
        results.map((result) => result.bundle?.trust_domain),
        ['a.org', undefined, undefined, 'b.org'],
      );
    });
  });

  /** What is wrong with a bundle, and what is said of it. */

  it('BatchSetFederatedBundle stores a bundle whether there is one or not, but never the own one', async () => {
    for (const given of [
      world.bundle('a.org'),
      world.bundle('a.org', { sequence_number: '3', wit_authorities: [] }),
    ]) {
      const { results } = await world.api.unary('BatchSetFederatedBundle', { bundle: [given] });
      assert.deepEqual(results, [{ status: OK, bundle: given }]);
      assert.deepEqual(await world.get('a.org'), given);
    }
    const { results } = await world.api.unary('BatchSetFederatedBundle', {
      bundle: [world.bundle('example.org')],
    });
    assert.deepEqual(results[0]?.status, {
      code: Code.invalidArgument,
      message: "setting a federated bundle for the server's own trust domain is not allowed",
    });
  });

  it('BatchUpdateFederatedBundle replaces what the input mask names, or all', async () => {
    await world.api.unary('BatchSetFederatedBundle', { bundle: [world.bundle('a.org')] });
    const other = world.bundle('a.org', {
      x509_authorities: [],
      jwt_authorities: [world.otherKey('other')],
      wit_authorities: [],
      refresh_hint: '1',
      sequence_number: '8',
    });
    const update = async (given: Bundle, masks: object = {}) =>
      (await world.api.unary('BatchUpdateFederatedBundle', { bundle: [given], ...masks })).results[0];
    let expected = world.bundle('a.org');
    for (const field of [
      'jwt_authorities',
      'refresh_hint',
      'sequence_number',
      'wit_authorities',
      'x509_authorities',
    ] as const) {
      expected = { ...expected, [field]: other[field] };
      assert.deepEqual(await update(other, { input_mask: { [field]: true } }), {
        status: OK,
        bundle: expected,
      });
    }
    assert.deepEqual(expected, other);
    const shown = await update(world.bundle('a.org'), { output_mask: { refresh_hint: true } });
    assert.equal(shown?.bundle?.refresh_hint, '60');
    assert.deepEqual(shown?.bundle?.x509_authorities, []);
    assert.deepEqual(await world.get('a.org'), world.bundle('a.org'));
    assert.deepEqual((await update(world.bundle('b.org')))?.status, {
      code: Code.notFound,
      message: 'bundle not found',
    });
    assert.deepEqual((await update(world.bundle('example.org')))?.status, {
      code: Code.invalidArgument,
      message: "updating a federated bundle for the server's own trust domain is not allowed",
    });
  });

  describe('BatchDeleteFederatedBundle', () => {
    const deleted = async (trust_domains: string[], mode?: 'RESTRICT' | 'DELETE' | 'DISSOCIATE') =>
      (
        await world.api.unary('BatchDeleteFederatedBundle', {
          trust_domains,
          ...(mode === undefined ? {} : { mode }),
        })
      ).results.map(({ trust_domain, status }): [string, Status | null] => [trust_domain, status]);

    it('deletes what nothing federates with, and says why of the rest', async () => {
      await world.api.unary('BatchSetFederatedBundle', {
        bundle: ['a.org', 'b.org', 'c.org'].map((td) => world.bundle(td)),
      });
      await world.register('restricting', 'b.org');
      assert.deepEqual(
        await deleted(['a.org', 'a.org', 'b.org', 'example.org', 'malformed TD', 'spiffe://c.org']),
        [
          ['a.org', OK],
          ['a.org', { code: Code.notFound, message: 'bundle not found' }],
          [
            'b.org',
            {
              code: Code.failedPrecondition,
              message:
                'failed to delete federated bundle: cannot delete bundle; federated with 1 registration entries',
            },
          ],
          [
            'example.org',
            {
              code: Code.invalidArgument,
              message: 'removing the bundle for the server trust domain is not allowed',
            },
          ],
          [
            'malformed TD',
            {
              code: Code.invalidArgument,
              message:
                'trust domain argument is not valid: trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores',
            },
          ],
          ['spiffe://c.org', OK],
        ],
      );
    });

    it('deletes the entries too, or parts them from the bundle', async () => {
      await world.api.unary('BatchSetFederatedBundle', {
        bundle: [world.bundle('a.org'), world.bundle('b.org')],
      });
      await world.register('goes', 'a.org', 'b.org');
      await world.register('stays', 'b.org');
      assert.deepEqual(await deleted(['a.org'], 'DELETE'), [['a.org', OK]]);
      await refused(
        world.server.admin.entry.unary('GetEntry', { id: 'goes' }),
        Code.notFound,
        'entry not found',
      );
      assert.deepEqual(await deleted(['b.org'], 'DISSOCIATE'), [['b.org', OK]]);
      const entry = await world.server.admin.entry.unary('GetEntry', { id: 'stays' });
      assert.deepEqual([entry.federates_with, entry.revision_number], [[], '1']);
    });

    it('refuses a mode that it does not know, as a whole', async () => {
      const request = { trust_domains: ['a.org'], mode: 7 as never };
      const message = 'failed to parse deletion mode: unhandled delete mode "7"';
      await refused(world.api.unary('BatchDeleteFederatedBundle', request), Code.invalidArgument, message);
    });
  });

  it('batches are bounded', async () => {
    const message = '1001 items are more than 1000: send them in parts';
    const names = Array.from({ length: 1_001 }, (_, at) => `td${at}.org`);
    const bundles = names.map((trust_domain) => ({ trust_domain }));
    for (const deed of ['Create', 'Set', 'Update'] as const)
      await refused(
        world.api.unary(`Batch${deed}FederatedBundle`, { bundle: bundles }),
        Code.invalidArgument,
        message,
      );
    const all = { trust_domains: names };
    await refused(world.api.unary('BatchDeleteFederatedBundle', all), Code.invalidArgument, message);
  });
});

/** Listing, counting and getting bundles, with SPIRE's codes and words. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Code } from '../../../../shared/errors.ts';
import { Endings } from '../../../fakes/endings.ts';
import { joinAgent } from '../../../fakes/server-under-test.ts';
import { BundleWorld, refused } from './bundle-world.ts';
describe('bundles are read', () => {
  const endings = new Endings();
  let world: BundleWorld;
  before(async () => {
    world = await BundleWorld.open(endings);
  });
  after(() => endings.end());
  beforeEach(() => world.deleteForeign());

  it('ListFederatedBundles lists all but the own one, whole or page by page, and CountBundles counts that too', async () => {
    assert.deepEqual(await world.api.unary('CountBundles', {}), { count: 1 });
    const names = ['c.org', 'a.org', 'b.org'];
    await world.api.unary('BatchSetFederatedBundle', { bundle: names.map((td) => world.bundle(td)) });
    assert.deepEqual(await world.api.unary('CountBundles', {}), { count: 4 });
    assert.deepEqual(await world.api.unary('ListFederatedBundles', {}), {
      bundles: names.map((td) => world.bundle(td)),
      next_page_token: '',
    });
    const page = (page_token: string) =>
      world.api.unary('ListFederatedBundles', { page_size: 2, page_token, output_mask: {} });
    const one = await page('');
    const two = await page(one.next_page_token);
    const three = await page(two.next_page_token);
    assert.deepEqual(
      [one, two, three].map(({ bundles }) => bundles.map(({ trust_domain }) => trust_domain)),
      [['c.org', 'a.org'], ['b.org'], []],
    );
    assert.equal(three.next_page_token, '');
    assert.deepEqual(one.bundles[0]?.x509_authorities, []);
    await refused(page('x'), Code.invalidArgument, 'failed to list bundles: page token is malformed');
  });

  it('more bundles than a message holds are listed in pages alone', async () => {
    const jwt_authorities = Array.from({ length: 800 }, (_, at) => world.key(`${at}-${'x'.repeat(1_000)}`));
    for (const td of ['a.org', 'b.org', 'c.org', 'd.org', 'e.org'])
      await world.api.unary('BatchSetFederatedBundle', {
        bundle: [world.bundle(td, { jwt_authorities })],
        output_mask: {},
      });
    const names = ['a.org', 'b.org', 'c.org', 'd.org', 'e.org'];
    const { results } = await world.api.unary('BatchUpdateFederatedBundle', {
      bundle: names.map((trust_domain) => ({ trust_domain, refresh_hint: 7 })),
      input_mask: { refresh_hint: true },
    });
    assert.deepEqual(
      results.map(({ status, bundle }) => [status?.code, bundle?.trust_domain]),
      names.map((name) => [0, name]),
    );
    const whole = results.map(({ bundle }) => bundle?.refresh_hint === '7');
    assert.deepEqual(whole, [true, true, true, true, false], 'what fits the answer is shown whole');
    const tooLarge = /^failed to list bundles: the list is larger than .* ask for pages/;
    await refused(world.api.unary('ListFederatedBundles', {}), Code.resourceExhausted, tooLarge);
    const page = await world.api.unary('ListFederatedBundles', { page_size: 100 });
    assert.ok(page.bundles.length > 1 && page.bundles.length < 5, String(page.bundles.length));
    const masked = await world.api.unary('ListFederatedBundles', { output_mask: { sequence_number: true } });
    assert.equal(masked.bundles.length, 5);
  });

  it('GetFederatedBundle is for agents too, and answers with what is stored now', async () => {
    const { identity } = await joinAgent(world.server);
    const agent = world.server.connect(identity).bundle;
    for (const client of [world.api, agent]) {
      const found = (trust_domain: string) => client.unary('GetFederatedBundle', { trust_domain });
      await refused(found('a.org'), Code.notFound, 'bundle not found');
      await world.api.unary('BatchSetFederatedBundle', { bundle: [world.bundle('a.org')] });
      assert.deepEqual(await found('spiffe://a.org/any/workload'), world.bundle('a.org'));
      const ownMessage = "getting a federated bundle for the server's own trust domain is not allowed";
      await refused(found('example.org'), Code.invalidArgument, ownMessage);
      await refused(found('A.org'), Code.invalidArgument, /^trust domain argument is not valid: /);
      await world.api.unary('BatchDeleteFederatedBundle', { trust_domains: ['a.org'] });
    }
    const masked = { trust_domain: 'a.org', output_mask: { refresh_hint: true } };
    await world.api.unary('BatchSetFederatedBundle', { bundle: [world.bundle('a.org')] });
    assert.deepEqual((await agent.unary('GetFederatedBundle', masked)).x509_authorities, []);
  });
});

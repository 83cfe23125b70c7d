import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Testbed } from '../fakes/testbed.ts';
import { makeAuthorities, wireBundle } from '../fakes/wire-bundles.ts';

const USER = `unix:uid:${process.getuid?.()}`;

test('a workload has the bundles that its entry federates with, as they change and go', async (t) => {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a');
  const agent = await bed.startAgent('agent', { server, opensDoor: true });
  const authorities = await makeAuthorities(2);
  const [first, second] = authorities.certificates;
  const { bundle } = server.admin;
  const set = (asn1: Buffer | undefined) =>
    bundle.unary('BatchSetFederatedBundle', {
      bundle: [
        wireBundle('other.org', authorities, { x509_authorities: [{ asn1: asn1 ?? Buffer.alloc(0) }] }),
      ],
    });
  await set(first);
  const entry = { path: '/web', parent: agent.path, selectors: [USER], federates_with: ['other.org'] };
  await bed.createEntry(server, entry);
  await bed.pass(1);
  const stream = agent.fetchX509Svid();
  const held = () => stream.responses.at(-1)?.federated_bundles;
  await bed.passUntil(() => held() !== undefined, 5);
  assert.deepEqual(held(), { 'spiffe://other.org': first });

  // Far below the minute that passes between rounds without news.
  await set(second);
  await bed.passUntil(() => held()?.['spiffe://other.org']?.equals(second ?? Buffer.alloc(0)) === true, 5);
  assert.equal(stream.responses.at(-1)?.svids.length, 1);

  await bundle.unary('BatchDeleteFederatedBundle', { trust_domains: ['other.org'], mode: 'DISSOCIATE' });
  await bed.passUntil(() => Object.keys(held() ?? {}).length === 0, 5);
  assert.equal(stream.error(), undefined);
  stream.close();
});

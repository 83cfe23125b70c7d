import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { settle } from '../../fakes/clock.ts';
import { bundleOf, CacheTestbed } from './cache-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

describe('the bundle cache', () => {
  let bed: CacheTestbed;
  beforeEach(() => {
    bed = new CacheTestbed();
  });

  it('tells everybody of a new bundle, and who federates of the other one, and nobody of one that is the same', async () => {
    const entry = makeAgentEntry({ id: 'a', federatesWith: [TrustDomain.parse('other.org')] });
    bed.cache.apply([entry]);
    bed.putSvids([entry]);
    const stream = bed.subscribe('unix:uid:1');
    const stranger = bed.subscribe('unix:uid:9');
    await settle();
    assert.deepEqual(stream.updates[0]?.federatedBundles, []);

    bed.bundles.setFederated([bundleOf('other.org')]);
    bed.cache.apply([entry]);
    await settle();
    assert.deepEqual(
      stream.updates[1]?.federatedBundles.map(({ trustDomain }) => trustDomain.name),
      ['other.org'],
    );
    assert.equal(stranger.updates.length, 1);

    assert.equal(bed.bundles.setOwn(bundleOf('example.org', 2)), true);
    bed.cache.apply([entry]);
    await settle();
    assert.deepEqual([stream.updates.length, stranger.updates.length], [3, 2]);

    assert.equal(bed.bundles.setOwn(bundleOf('example.org', 2)), false);
    bed.bundles.setFederated([bundleOf('other.org')]);
    bed.cache.apply([entry]);
    await settle();
    assert.deepEqual([stream.updates.length, stranger.updates.length], [3, 2]);
  });

  it('refuses a bundle by which no server could be known again', () => {
    assert.throws(
      () => bed.bundles.setOwn({ ...bundleOf('example.org'), x509Authorities: [] }),
      /without any X.509 authority/,
    );
  });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { X509BundlesResponseOutput } from '../../../proto/gen/X509BundlesResponse.ts';
import { Code } from '../../../shared/errors.ts';
import { bundleOf, Door, HEADER, identity, update } from './door.ts';

async function trustDomainsIn(stream: AsyncIterator<X509BundlesResponseOutput>): Promise<readonly string[]> {
  const next = await stream.next();
  return next.done === true ? [] : Object.keys(next.value.bundles);
}

describe('FetchX509Bundles', () => {
  let door: Door;
  let open: Door;
  beforeEach(async () => {
    door = new Door();
    open = new Door({ config: { allowUnauthenticatedVerifiers: true } });
    await door.start();
    await open.start();
  });
  afterEach(() => Promise.all([door.stop(), open.stop()]));

  const fetch = (at = door) => at.client().serverStream('FetchX509Bundles', {}, HEADER);
  const federatedBundles = [bundleOf('b.test', 'rootB'), bundleOf('empty.test'), bundleOf('a.test', 'rootA')];

  it('sends the own bundle and the federated ones that have authorities, by trust domain ID', async () => {
    door.identities.push(update([identity('/web')], { federatedBundles }));
    assert.deepEqual((await fetch().next()).value, {
      crl: [],
      bundles: {
        'spiffe://example.org': Buffer.from('root1,root2'),
        'spiffe://a.test': Buffer.from('rootA'),
        'spiffe://b.test': Buffer.from('rootB'),
      },
    });
  });

  it('sends nothing when only SVIDs changed, and the full set when a bundle did', async () => {
    door.identities.push(update([identity('/web')], { federatedBundles }));
    const stream = fetch();
    await stream.next();
    const next = stream.next();
    door.identities.push(update([identity('/other')], { federatedBundles: [...federatedBundles] }));
    await new Promise((resolve) => setImmediate(resolve));
    door.identities.push(update([identity('/other')], { bundle: bundleOf('example.org', 'root3') }));
    assert.deepEqual((await next).value?.bundles, { 'spiffe://example.org': Buffer.from('root3') });
  });

  it('answers PermissionDenied to a process without an identity', async () => {
    door.identities.push(update([]));
    await assert.rejects(fetch().next(), { code: Code.permissionDenied, message: 'no identity issued' });
  });

  it('gives it the own bundle alone where the operator allows unauthenticated verifiers', async () => {
    open.identities.push(update([], { federatedBundles }));
    const stream = fetch(open);
    assert.deepEqual(await trustDomainsIn(stream), ['spiffe://example.org']);
    open.identities.push(update([identity('/web')], { federatedBundles }));
    assert.equal((await trustDomainsIn(stream)).length, 3);
  });

  it('answers Unavailable rather than send no bundle', async () => {
    open.identities.push(update([], { bundle: bundleOf('example.org') }));
    await assert.rejects(fetch(open).next(), { code: Code.unavailable });
  });

  it('answers Unavailable before the first synchronisation', async () => {
    await assert.rejects(fetch(open).next(), { code: Code.unavailable });
  });
});

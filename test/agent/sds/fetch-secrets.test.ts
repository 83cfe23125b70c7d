import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { DiscoveryResponseOutput } from '../../../proto/gen/envoy/service/discovery/v3/DiscoveryResponse.ts';
import { Code } from '../../../shared/errors.ts';
import { bundleOf, Door, identity, update } from '../workload-api/door.ts';
import { namesIn, SECRET_URL, sdsClient } from './xds.ts';

describe('FetchSecrets', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door();
    await door.start();
  });
  afterEach(() => door.stop());

  const fetch = (...names: readonly string[]): Promise<DiscoveryResponseOutput> =>
    sdsClient(door).unary('FetchSecrets', { resource_names: [...names], type_url: SECRET_URL });

  it('answers with what was asked for, without version and nonce', async () => {
    door.identities.push(update([identity('/web')]));
    const { resources, ...rest } = await fetch('ALL', 'default');
    assert.deepEqual(namesIn({ resources, ...rest }), ['ALL', 'default']);
    assert.deepEqual(rest, { version_info: '', type_url: SECRET_URL, nonce: '', control_plane: null });
    assert.deepEqual(door.identities.subscribed, []);
  });

  it('answers with everything where nothing is named', async () => {
    door.identities.push(update([identity('/web')], { federatedBundles: [bundleOf('b.test', 'rootB')] }));
    assert.deepEqual(namesIn(await fetch()), [
      'spiffe://example.org',
      'spiffe://b.test',
      'spiffe://example.org/web',
    ]);
  });

  it('refuses names that mean nothing to this workload, all of them in their order', async () => {
    door.identities.push(update([identity('/web')]));
    await assert.rejects(fetch('z', 'default', 'a "b"'), {
      code: Code.invalidArgument,
      message: 'workload is not authorized for the requested identities ["a \\"b\\"" "z"]',
    });
  });

  it('answers PermissionDenied to a process without an identity', async () => {
    door.identities.push(update([]));
    await assert.rejects(fetch('ROOTCA'), { code: Code.permissionDenied, message: 'no identity issued' });
  });

  it('answers Unavailable before the first synchronisation', async () => {
    await assert.rejects(fetch('ROOTCA'), { code: Code.unavailable });
  });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { DelegatedIdentityDefinition } from '../../../../proto/gen/spire/api/agent/delegatedidentity/v1/DelegatedIdentity.ts';
import type { Bundle } from '../../../../shared/bundle/bundle.ts';
import { generateKeyPair, keySigner } from '../../../../shared/crypto/keys.ts';
import { Code } from '../../../../shared/errors.ts';
import type { ServiceClient } from '../../../../shared/rpc/client.ts';
import { settle } from '../../../fakes/clock.ts';
import { bundleOf } from '../../cache/cache-testbed.ts';
import { update } from '../../workload-api/door.ts';
import { AdminDoor } from '../admin-door.ts';

const { publicKey } = keySigner((await generateKeyPair('ec-p256')).privateKey);

const holding = (name: string, keyIds: readonly string[], sequenceNumber = 1): Bundle => ({
  ...bundleOf(name, sequenceNumber),
  jwtAuthorities: keyIds.map((keyId) => ({ keyId, publicKey, expiresAt: new Date(0), tainted: false })),
});

describe('SubscribeToJWTBundles', () => {
  let door: AdminDoor;
  let client: ServiceClient<DelegatedIdentityDefinition>;

  beforeEach(async () => {
    door = new AdminDoor({ bundle: holding('example.org', []) });
    await door.start();
    client = door.client('spire.api.agent.delegatedidentity.v1.DelegatedIdentity');
    door.identities.entries = [door.delegateEntry];
    door.identities.push(update([]));
  });
  afterEach(() => door.stop());

  it('tells the keys of every bundle that the agent holds, again when one of them changes', async () => {
    door.bundles.setFederated([holding('other.org', ['a', 'b']), holding('empty.org', [])]);
    const stream = client.serverStream('SubscribeToJWTBundles', {});
    const next = async () => {
      const { value } = await stream.next();
      const sets = Object.entries((value?.bundles ?? {}) as Readonly<Record<string, Buffer>>);
      return sets.map(([id, set]) => {
        const { keys } = JSON.parse(set.toString()) as { keys: readonly { kid: string; use?: string }[] };
        return [id, keys.map(({ kid, use }) => `${kid}${use ?? ''}`)];
      });
    };
    assert.deepEqual(await next(), [
      ['spiffe://example.org', []],
      ['spiffe://other.org', ['a', 'b']],
    ]);

    door.bundles.setOwn(holding('example.org', [], 2)); // nothing that is told here
    await settle();
    door.bundles.setOwn(holding('example.org', ['c'], 3));
    assert.deepEqual(await next(), [
      ['spiffe://example.org', ['c']],
      ['spiffe://other.org', ['a', 'b']],
    ]);

    door.bundles.setFederated([]);
    assert.deepEqual(await next(), [['spiffe://example.org', ['c']]]);
  });

  it('ends as soon as it would have to tell somebody who is no delegate any more', async () => {
    const stream = client.serverStream('SubscribeToJWTBundles', {});
    await stream.next();
    door.identities.entries = [];
    door.bundles.setOwn(holding('example.org', ['c'], 3));
    await assert.rejects(stream.next(), { code: Code.permissionDenied, message: 'no identity issued' });
  });
});

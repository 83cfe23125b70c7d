import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { DelegatedIdentityDefinition } from '../../../../proto/gen/spire/api/agent/delegatedidentity/v1/DelegatedIdentity.ts';
import type { Bundle } from '../../../../shared/bundle/bundle.ts';
import { Code } from '../../../../shared/errors.ts';
import type { ServiceClient } from '../../../../shared/rpc/client.ts';
import { settle } from '../../../fakes/clock.ts';
import { makeAuthorities } from '../../../fakes/wire-bundles.ts';
import { bundleOf } from '../../cache/cache-testbed.ts';
import { update } from '../../workload-api/door.ts';
import { AdminDoor } from '../admin-door.ts';

const { certificates } = await makeAuthorities(2);
const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = certificates;

const holding = (name: string, ...authorities: readonly Uint8Array[]): Bundle => ({
  ...bundleOf(name),
  x509Authorities: authorities.map((certificate) => ({ certificate, tainted: false })),
});

describe('SubscribeToX509Bundles', () => {
  let door: AdminDoor;
  let client: ServiceClient<DelegatedIdentityDefinition>;

  beforeEach(async () => {
    door = new AdminDoor({ bundle: holding('example.org', first) });
    await door.start();
    client = door.client('spire.api.agent.delegatedidentity.v1.DelegatedIdentity');
    door.identities.entries = [door.delegateEntry];
    door.identities.push(update([]));
  });
  afterEach(() => door.stop());

  it('tells every bundle that the agent holds, once for each change, until one is held no more', async () => {
    door.bundles.setFederated([holding('other.org', second), holding('empty.org')]);
    const stream = client.serverStream('SubscribeToX509Bundles', {});
    const next = async () => (await stream.next()).value?.ca_certificates;
    assert.deepEqual(await next(), { 'spiffe://example.org': first, 'spiffe://other.org': second });

    door.bundles.setOwn(holding('example.org', first, second));
    door.bundles.setFederated([holding('third.org', first)]);
    const both = Buffer.concat([first, second]);
    assert.deepEqual(await next(), { 'spiffe://example.org': both, 'spiffe://third.org': first });

    door.bundles.setOwn(holding('example.org', first, second));
    await settle();
    door.bundles.setFederated([]);
    assert.deepEqual(await next(), { 'spiffe://example.org': both }, 'what was no change was not told');
  });

  it('ends as soon as it would have to tell somebody who is no delegate any more', async () => {
    const stream = client.serverStream('SubscribeToX509Bundles', {});
    await stream.next();
    door.identities.entries = [];
    door.bundles.setOwn(holding('example.org', second));
    await assert.rejects(stream.next(), { code: Code.permissionDenied, message: 'no identity issued' });
  });

  it('watches no longer than the stream lasts', async () => {
    const abort = new AbortController();
    const stream = client.serverStream('SubscribeToX509Bundles', {}, { signal: abort.signal });
    await stream.next();
    abort.abort();
    await assert.rejects(stream.next());
    await settle();
    const [delegate] = door.peers.captured;
    const checks = delegate?.checks;
    door.bundles.setOwn(holding('example.org', second));
    await settle();
    assert.equal(delegate?.checks, checks);
  });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { DelegatedIdentityDefinition } from '../../../../proto/gen/spire/api/agent/delegatedidentity/v1/DelegatedIdentity.ts';
import type { SubscribeToX509SVIDsRequest } from '../../../../proto/gen/spire/api/agent/delegatedidentity/v1/SubscribeToX509SVIDsRequest.ts';
import type { X509SVIDWithKeyOutput } from '../../../../proto/gen/spire/api/agent/delegatedidentity/v1/X509SVIDWithKey.ts';
import { unixSeconds } from '../../../../shared/clock.ts';
import { Code, unavailable } from '../../../../shared/errors.ts';
import type { ServiceClient } from '../../../../shared/rpc/client.ts';
import { parseSelector } from '../../../../shared/selectors.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { bundleOf, identity, until, update } from '../../workload-api/door.ts';
import { AdminDoor } from '../admin-door.ts';

const WEB = [parseSelector('k8s:ns:web'), parseSelector('k8s:sa:web')];
const expiresAt = new Date('2026-01-01T01:00:00Z');

const known = (path: string, changes: object = {}) => ({
  entryId: `entry${path}`,
  spiffeId: SpiffeId.parse(`spiffe://example.org${path}`),
  selectors: [parseSelector('k8s:ns:web')],
  hasSvid: true,
  ...changes,
});

describe('SubscribeToX509SVIDs', () => {
  let door: AdminDoor;
  let client: ServiceClient<DelegatedIdentityDefinition>;

  beforeEach(async () => {
    door = new AdminDoor();
    await door.start();
    client = door.client('spire.api.agent.delegatedidentity.v1.DelegatedIdentity');
    door.identities.entries = [door.delegateEntry, known('/web')];
    door.identities.push(update([identity('/web', { expiresAt, hint: 'main' })]));
  });
  afterEach(() => door.stop());

  const subscribe = (request: SubscribeToX509SVIDsRequest) =>
    client.serverStream('SubscribeToX509SVIDs', request);

  it('tells the SVIDs of a workload that is described by its selectors, with their keys', async () => {
    const other = bundleOf('other.org', 'root');
    const third = bundleOf('a.org', 'root');
    door.identities.push(
      update([identity('/web', { expiresAt, hint: 'main' })], {
        federatedBundles: [other, bundleOf('example.org', 'root'), third],
      }),
    );
    const { value } = await subscribe({ selectors: WEB }).next();
    assert.deepEqual(value, {
      x509_svids: [
        {
          x509_svid: {
            cert_chain: [Buffer.from('leaf /web,'), Buffer.from('intermediate')],
            id: { trust_domain: 'example.org', path: '/web' },
            expires_at: String(unixSeconds(expiresAt)),
            hint: 'main',
          },
          x509_svid_key: Buffer.from('key /web'),
        },
      ],
      federates_with: ['spiffe://a.org', 'spiffe://other.org'],
    });
    assert.deepEqual(door.identities.subscribed, [['k8s:ns:web', 'k8s:sa:web']]);
  });

  it('attests a process that is named by its pid, and holds it for as long as the stream lasts', async () => {
    door.selectorsOf.set(4_000_001, WEB); // the caller is held first
    const abort = new AbortController();
    const stream = client.serverStream('SubscribeToX509SVIDs', { pid: 77 }, { signal: abort.signal });
    const { value } = await stream.next();
    assert.equal(value?.x509_svids.length, 1);
    assert.deepEqual(door.identities.subscribed, [['k8s:ns:web', 'k8s:sa:web']]);
    const [, subject] = door.peers.captured;
    assert.equal(subject?.closes, 0);
    abort.abort();
    await assert.rejects(stream.next());
    await until(() => subject?.closes === 1);
    assert.deepEqual(door.identities.subscribed, []);
  });

  it('ends when the process that was named by its pid has ended: another one may have its pid', async () => {
    door.selectorsOf.set(4_000_001, WEB);
    const stream = subscribe({ pid: 77 });
    await stream.next();
    const [, subject] = door.peers.captured;
    if (subject !== undefined) subject.isAlive = false;
    door.identities.push(update([identity('/web', { hint: 'next' })]));
    await assert.rejects(stream.next(), { code: Code.unavailable, message: 'the process is gone' });
    await until(() => subject?.closes === 1);
  });

  it('goes on with changes, and with none at all where nothing matches', async () => {
    door.identities.push(update([]));
    const stream = subscribe({ selectors: WEB });
    assert.deepEqual((await stream.next()).value, { x509_svids: [], federates_with: [] });
    door.identities.push(update([identity('/web')]));
    assert.equal((await stream.next()).value?.x509_svids.length, 1);
    door.identities.push(update([]));
    assert.equal((await stream.next()).value?.x509_svids.length, 0);
  });

  it('keeps identities that have rights on the server from delegates', async () => {
    door.identities.entries = [
      door.delegateEntry,
      known('/admin', { admin: true }),
      known('/web'),
      known('/down', { downstream: true }),
    ];
    door.identities.push(update([identity('/admin'), identity('/web'), identity('/down')]));
    const stream = subscribe({ selectors: WEB });
    const paths = async () => {
      const { value } = await stream.next();
      const svids: readonly X509SVIDWithKeyOutput[] = value?.x509_svids ?? [];
      return svids.map(({ x509_svid }) => x509_svid?.id?.path);
    };
    assert.deepEqual(await paths(), ['/web']);

    door.identities.entries = [door.delegateEntry, known('/web', { admin: true })];
    door.identities.push(update([identity('/web', { hint: 'next' })]));
    assert.deepEqual(await paths(), []);
  });

  it('ends as soon as it would have to tell somebody who is no delegate any more', async () => {
    const stream = subscribe({ selectors: WEB });
    await stream.next();
    door.identities.entries = [known('/web')];
    door.identities.push(update([identity('/web', { hint: 'next' })]));
    await assert.rejects(stream.next(), { code: Code.permissionDenied, message: 'no identity issued' });
    assert.deepEqual(door.identities.subscribed, []);
  });

  it('ends when the process of the delegate has ended, though its connection was passed on', async () => {
    const stream = subscribe({ selectors: WEB });
    await stream.next();
    const [delegate] = door.peers.captured;
    if (delegate !== undefined) delegate.isAlive = false;
    door.identities.push(update([identity('/web', { hint: 'next' })]));
    await assert.rejects(stream.next(), { code: Code.unavailable, message: 'the process is gone' });
  });

  const EITHER = 'must provide either selectors or non-zero PID, but not both';
  const UNREADABLE = 'could not parse provided selectors';
  for (const { says, request, message } of [
    { says: 'neither selectors nor a pid', request: {}, message: EITHER },
    { says: 'both', request: { selectors: WEB, pid: 7 }, message: EITHER },
    {
      says: 'a selector without a type',
      request: { selectors: [{ type: '', value: 'v' }] },
      message: UNREADABLE,
    },
    {
      says: 'a selector without a value',
      request: { selectors: [{ type: 't', value: '' }] },
      message: UNREADABLE,
    },
    {
      says: 'a type with a colon',
      request: { selectors: [{ type: 't:u', value: 'v' }] },
      message: UNREADABLE,
    },
    {
      says: 'more selectors than any process has',
      request: { selectors: Array.from({ length: 4_097 }, (_, at) => ({ type: 't', value: `${at}` })) },
      message: UNREADABLE,
    },
  ])
    it(`refuses ${says}`, async () => {
      await assert.rejects(subscribe(request).next(), { code: Code.invalidArgument, message });
      assert.deepEqual(door.identities.subscribed, []);
    });

  it('says so where the process that is named cannot be had', async () => {
    door.peers.open = () => {
      throw unavailable('process 77 cannot be looked at: the process is gone');
    };
    await assert.rejects(subscribe({ pid: 77 }).next(), {
      code: Code.unavailable,
      message: 'workload attestation failed: process 77 cannot be looked at: the process is gone',
    });
  });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { X509SVIDResponseOutput } from '../../../proto/gen/X509SVIDResponse.ts';
import { Code, unavailable } from '../../../shared/errors.ts';
import { bundleOf, Door, HEADER, identity, until, update } from './door.ts';

const NO_IDENTITY = { code: Code.permissionDenied, message: 'no identity issued' };

async function messageOf(stream: AsyncIterator<X509SVIDResponseOutput>): Promise<X509SVIDResponseOutput> {
  const next = await stream.next();
  assert.ok(next.done !== true, 'the stream ended with OK');
  return next.value;
}

const idsIn = async (stream: AsyncIterator<X509SVIDResponseOutput>): Promise<readonly string[]> =>
  (await messageOf(stream)).svids.map((svid) => svid.spiffe_id);

describe('FetchX509SVID', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door();
    await door.start();
  });
  afterEach(() => door.stop());

  const fetch = () => door.client().serverStream('FetchX509SVID', {}, HEADER);

  it('sends every field, leaf first, the bundles as concatenated DER', async () => {
    door.identities.push(
      update([identity('/web', { hint: 'internal' })], {
        federatedBundles: [bundleOf('b.test', 'rootB'), bundleOf('a.test', 'rootA1,', 'rootA2')],
      }),
    );
    const message = await messageOf(fetch());
    assert.deepEqual(message, {
      svids: [
        {
          spiffe_id: 'spiffe://example.org/web',
          x509_svid: Buffer.from('leaf /web,intermediate'),
          x509_svid_key: Buffer.from('key /web'),
          bundle: Buffer.from('root1,root2'),
          hint: 'internal',
        },
      ],
      crl: [],
      federated_bundles: {
        'spiffe://a.test': Buffer.from('rootA1,rootA2'),
        'spiffe://b.test': Buffer.from('rootB'),
      },
    });
    assert.deepEqual(Object.keys(message.federated_bundles), ['spiffe://a.test', 'spiffe://b.test']);
  });

  it('sends the full set with every change, in the order of the cache', async () => {
    door.identities.push(update([identity('/b'), identity('/a')]));
    const stream = fetch();
    assert.deepEqual(await idsIn(stream), ['spiffe://example.org/b', 'spiffe://example.org/a']);
    door.identities.push(update([identity('/a')]));
    assert.deepEqual(await idsIn(stream), ['spiffe://example.org/a']);
  });

  it('subscribes with the selectors of the process, and ends that with the stream', async () => {
    door.identities.push(update([identity('/web')]));
    for await (const _message of fetch()) break;
    await until(() => door.identities.subscribed.length === 0);
    const stream = fetch();
    await stream.next();
    assert.deepEqual(door.identities.subscribed, [['unix:uid:1000']]);
  });

  it('leaves out federated trust domains without X.509 authorities, and its own', async () => {
    const federatedBundles = [
      bundleOf('empty.test'),
      bundleOf('example.org', 'other'),
      bundleOf('full.test', 'root'),
    ];
    door.identities.push(update([identity('/web')], { federatedBundles }));
    const { federated_bundles } = await messageOf(fetch());
    assert.deepEqual(Object.keys(federated_bundles), ['spiffe://full.test']);
  });

  for (const [what, bad] of Object.entries({
    'without a certificate': { chain: [] },
    'without a private key': { privateKey: Buffer.alloc(0) },
    'whose hint an earlier one has': { hint: 'same' },
  })) {
    it(`leaves out an SVID ${what}, and sends the others`, async () => {
      door.identities.push(
        update([identity('/first', { hint: 'same' }), identity('/bad', bad), identity('/last')]),
      );
      assert.deepEqual(await idsIn(fetch()), ['spiffe://example.org/first', 'spiffe://example.org/last']);
      assert.deepEqual(door.log.messages('error'), ['left out an X.509-SVID']);
    });
  }

  it('answers Unavailable rather than an SVID without a bundle', async () => {
    door.identities.push(update([identity('/web')], { bundle: bundleOf('example.org') }));
    const message = 'the bundle of example.org has no X.509 authorities yet';
    await assert.rejects(fetch().next(), { code: Code.unavailable, message });
  });

  it('answers Unavailable before the first synchronisation', async () => {
    await assert.rejects(fetch().next(), {
      code: Code.unavailable,
      message: 'not synchronised with a server yet',
    });
  });

  it('ends with PermissionDenied when nothing matches, and when nothing matches any more', async () => {
    door.identities.push(update([]));
    await assert.rejects(fetch().next(), NO_IDENTITY);
    door.identities.push(update([identity('/web')]));
    const stream = fetch();
    await stream.next();
    door.identities.push(update([]));
    await assert.rejects(stream.next(), NO_IDENTITY);
    await until(() => door.identities.subscribed.length === 0);
  });

  it('ends with Unavailable when the agent stops, never with OK', async () => {
    door.identities.push(update([identity('/web')]));
    const stream = fetch();
    await stream.next();
    const next = stream.next();
    const stopped = door.api.stop();
    await assert.rejects(next, { code: Code.unavailable, message: 'shutting down' });
    await stopped;
  });

  it('ends with Unavailable when the process is gone at the next change', async () => {
    door.identities.push(update([identity('/web')]));
    const stream = fetch();
    await stream.next();
    const [peer] = door.peers.captured;
    assert.ok(peer);
    peer.isAlive = false;
    door.identities.push(update([identity('/web')]));
    await assert.rejects(stream.next(), { code: Code.unavailable, message: 'the process is gone' });
  });

  it('passes on why the attestation failed', async () => {
    door.attestation = { attest: async () => Promise.reject(unavailable('workload attestation failed')) };
    await assert.rejects(fetch().next(), { code: Code.unavailable, message: 'workload attestation failed' });
  });
});

describe('FetchX509SVID to many', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door();
    await door.start();
  });
  afterEach(() => door.stop());

  it('spreads a push to 2,000 streams over rounds of the event loop', async () => {
    door.identities.push(update([identity('/first')]));
    const streams = Array.from({ length: 20 }, () => door.client()).flatMap((client) =>
      Array.from({ length: 100 }, () => client.serverStream('FetchX509SVID', {}, HEADER)),
    );
    await Promise.all(streams.map((stream) => stream.next()));
    assert.equal(door.identities.subscribed.length, 2_000);
    const before = door.api.pushRounds;
    const second = Promise.all(streams.map((stream) => stream.next()));
    let others = 0;
    const count = (): void => {
      others += 1;
      if (door.api.pushRounds - before < Math.ceil(2_000 / 64)) setImmediate(count);
    };
    door.identities.push(update([identity('/second')]));
    setImmediate(count);
    for (const { value } of await second) {
      assert.equal(value?.svids[0]?.spiffe_id, 'spiffe://example.org/second');
    }
    assert.equal(door.api.pushRounds - before, Math.ceil(2_000 / 64));
    assert.ok(others >= Math.ceil(2_000 / 64), `others had only ${others} turns in between`);
  });

  it('keeps only the latest for a client that does not read', async () => {
    const big = (n: number) => update([identity(`/n${n}`, { chain: [Buffer.alloc(200_000, n)] })]);
    door.identities.push(big(0));
    const { session, call } = door.rawCall();
    const response = new Promise((resolve) => call.once('response', resolve));
    call.end(Buffer.alloc(5)); // an empty message
    await response;
    const peer = door.peers.captured.at(-1);
    assert.ok(peer);
    // The window is full with the first message: of what follows, one waits in the stream and the latest in the slot.
    const checksAtFirst = peer.checks;
    for (let n = 1; n <= 50; n += 1) {
      door.identities.push(big(n));
      for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(peer.checks - checksAtFirst <= 1, `${peer.checks - checksAtFirst} messages were written to it`);
    let received = Buffer.alloc(0);
    call.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
    });
    await until(() => received.includes('/n50'));
    assert.ok(received.length < 1_000_000, `${received.length} bytes had been kept`);
    session.destroy();
  });
});

/** FetchWITSVID and FetchWITBundles, with a cache and a server that signs, fails, or has none. */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, type JsonWebKeyInput, sign, verify } from 'node:crypto';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { BundleCache } from '../../../agent/cache/bundle-cache.ts';
import { SvidCache } from '../../../agent/cache/svid-cache.ts';
import { witKind } from '../../../agent/cache/wit-kind.ts';
import { renewalTime } from '../../../agent/renewal-time.ts';
import { SvidRenewal } from '../../../agent/sync/renew-svids.ts';
import { WitSigning, type WitRequest } from '../../../agent/sync/sign-wit.ts';
import { WitSupport } from '../../../agent/sync/wit-support.ts';
import type { WITSVIDResponseOutput } from '../../../proto/gen/WITSVIDResponse.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { generateKeyPair, keySigner } from '../../../shared/crypto/keys.ts';
import type { Signer } from '../../../shared/crypto/signer.ts';
import { Code, CodedError, unavailable } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TokenWriter } from '../../../shared/svid/token-writer.ts';
import { buildWitSvid, verifyWitSvid, WIT_SVID_TYPE } from '../../../shared/svid/wit-svid.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { bundleOf } from '../cache/cache-testbed.ts';
import { makeAgentEntry } from '../cache/make-agent-entry.ts';
import { Door, HEADER, update } from './door.ts';

const LIFE_SECONDS = 600;
const DENIED = { code: Code.permissionDenied, message: 'no identity issued' };
const [web, job] = ['web', 'job'].map((id) =>
  makeAgentEntry({ id, selectors: ['unix:uid:1000'], hint: id === 'job' ? 'h' : '' }),
);

describe('WIT-SVIDs', () => {
  let signer: Signer;
  before(async () => {
    signer = keySigner((await generateKeyPair('ec-p256')).privateKey);
  });

  let door: Door;
  let bundles: BundleCache;
  let cache: ReturnType<typeof makeCache>;
  let renewal: SvidRenewal<never, never>;
  let asked: WitRequest[];
  let fault: Error | undefined;
  let keyId: string;
  const stopping = { current: new AbortController() };

  const authority = (id: string, tainted = false) => ({
    keyId: id,
    publicKey: signer.publicKey,
    expiresAt: undefined,
    tainted,
  });
  const makeCache = () =>
    new SvidCache({
      kind: witKind,
      bundles,
      maxSvids: 100,
      renewalTime: (validity) => renewalTime(validity, { random: new FakeRandom() }),
      onWanted: () => renewal.wake(),
      clock: door.clock,
      log: door.log,
    });
  const setAuthorities = (...witAuthorities: Bundle['witAuthorities']): void => {
    bundles.setOwn({ ...bundles.own, witAuthorities });
    cache.apply([...entries]);
    renewal.wake();
  };
  let entries = [web, job].flatMap((entry) => entry ?? []);

  async function issue({ entryId, publicKey, algorithm }: WitRequest) {
    const writer = new TokenWriter({ keyId, signer, type: WIT_SVID_TYPE });
    const issuedAt = door.clock.now();
    const token = await buildWitSvid(writer, {
      spiffeId: SpiffeId.parse(`spiffe://example.org/${entryId}`),
      proofKey: { publicKey, algorithm },
      issuedAt,
      expiresAt: addSeconds(issuedAt, LIFE_SECONDS),
      issuer: undefined,
    });
    return { ok: true as const, token };
  }

  beforeEach(async () => {
    [asked, fault, keyId] = [[], undefined, 'w1'];
    entries = [web, job].flatMap((entry) => entry ?? []);
    stopping.current = new AbortController();
    bundles = new BundleCache({ ...bundleOf('example.org'), witAuthorities: [authority('w1')] });
    const wit = {
      identities: { subscribe: (...args: Parameters<typeof cache.subscribe>) => cache.subscribe(...args) },
      support: {
        get signal() {
          return support.signal;
        },
      },
    };
    door = new Door({ wit });
    const { clock, log } = door;
    const support = new WitSupport(clock);
    cache = makeCache();
    const issuer = {
      newWitSvids: async (requests: readonly WitRequest[]) => {
        asked.push(...requests);
        if (fault !== undefined) throw fault;
        return Promise.all(requests.map(issue));
      },
    };
    const signing = new WitSigning({ bundles, issuer, keyType: 'ec-p256', support, clock });
    const made = new SvidRenewal({
      cache,
      signing,
      onFailed: () => {},
      onRecovered: () => {},
      clock,
      random: new FakeRandom(),
      log,
    });
    renewal = made as never;
    void made.run(stopping.current.signal);
    cache.apply(entries);
    cache.syncSucceeded(clock.now());
    await door.start();
  });
  afterEach(async () => {
    stopping.current.abort();
    await door.stop();
  });

  const fetch = (request = {}) => door.client().serverStream('FetchWITSVID', request, HEADER);
  const next = async (stream: AsyncIterator<WITSVIDResponseOutput>) => {
    const message = await stream.next();
    return message.done === true ? assert.fail() : message.value.svids;
  };
  const check = (token: string) =>
    verifyWitSvid({ token, authorities: () => bundles.own.witAuthorities, at: door.clock.now() });

  it('come with the private key that they name, which signs by the algorithm that they name', async () => {
    const svids = await next(fetch());
    assert.deepEqual(
      svids.map(({ spiffe_id, hint }) => [spiffe_id, hint]),
      [
        ['spiffe://example.org/job', 'h'],
        ['spiffe://example.org/web', ''],
      ],
    );
    for (const { wit_svid: token, wit_svid_key: key, spiffe_id: id } of svids) {
      const { proofKey, id: subject } = check(token);
      assert.equal(subject.toString(), id);
      const jwk = JSON.parse(key) as JsonWebKeyInput['key'] & { alg: string };
      assert.equal(jwk.alg, proofKey.algorithm);
      const signature = sign('sha256', Buffer.from('x'), createPrivateKey({ key: jwk, format: 'jwk' }));
      const publicKey = createPublicKey({
        key: Buffer.from(proofKey.publicKey),
        format: 'der',
        type: 'spki',
      });
      assert.ok(verify('sha256', Buffer.from('x'), publicKey, signature));
    }
  });

  it('are made when somebody asks, and not before', async () => {
    await door.clock.advance(10_000);
    assert.equal(asked.length, 0);
    await next(fetch({ spiffe_id: 'spiffe://example.org/web' }));
    assert.equal(asked.length, 2);
    await next(fetch());
    assert.equal(asked.length, 2);
  });

  it('are replaced on the open stream at half of their life, with another key', async () => {
    const stream = fetch({ spiffe_id: 'spiffe://example.org/web' });
    const [first] = await next(stream);
    const following = next(stream);
    await door.clock.advance(0.6 * LIFE_SECONDS * 1_000);
    const [second] = await following;
    assert.notEqual(second?.wit_svid, first?.wit_svid);
    assert.notEqual(second?.wit_svid_key, first?.wit_svid_key);
  });

  it('are replaced when their authority is tainted', async () => {
    const stream = fetch({ spiffe_id: 'spiffe://example.org/web' });
    const [first] = await next(stream);
    const following = next(stream);
    keyId = 'w2';
    setAuthorities(authority('w1', true), authority('w2'));
    await door.clock.advance(10_000);
    const [second] = await following;
    assert.deepEqual([check(first?.wit_svid ?? '').keyId, check(second?.wit_svid ?? '').keyId], ['w1', 'w2']);
  });

  it('are for who has an identity, and one that he names must be his', async () => {
    await assert.rejects(fetch({ spiffe_id: 'spiffe://example.org/other' }).next(), DENIED);
    await assert.rejects(fetch({ spiffe_id: 'other' }).next(), {
      code: Code.invalidArgument,
      message: /^invalid requested SPIFFE ID: /,
    });
    const stream = fetch();
    await stream.next();
    cache.apply([]);
    await assert.rejects(stream.next(), DENIED);
    await assert.rejects(fetch().next(), DENIED);
  });

  it('are served until their end while the server is away', async () => {
    const stream = fetch();
    await stream.next();
    fault = unavailable('no connection');
    await door.clock.advance(0.9 * LIFE_SECONDS * 1_000);
    assert.equal((await next(fetch())).length, 2);
    const over = assert.rejects(stream.next(), DENIED);
    cache.withdrawExpired();
    await door.clock.advance(0.2 * LIFE_SECONDS * 1_000);
    cache.withdrawExpired();
    await over;
  });

  it('are Unimplemented where the server issues none, and asked for again a minute later', async () => {
    fault = new CodedError(Code.unimplemented, 'WIT functionality is disabled');
    const none = { code: Code.unimplemented, message: 'the server issues no WIT-SVIDs' };
    await assert.rejects(fetch().next(), none);
    await assert.rejects(fetch().next(), none);
    fault = undefined;
    await door.clock.advance(60_000);
    assert.equal((await next(fetch())).length, 2);
  });

  it('have bundles as texts, each key with its ID, none that is for JWT-SVIDs', async () => {
    const keys = (...ids: readonly string[]) => ids.map((id) => authority(id));
    const named = (name: string, witAuthorities: Bundle['witAuthorities'], jwtAuthorities = keys()) => ({
      ...bundleOf(name),
      witAuthorities,
      jwtAuthorities,
    });
    door.identities.push({
      ...update([]),
      isEntitled: true,
      bundle: named('example.org', keys('w1', 'both'), keys('both', 'j')),
      federatedBundles: [named('none.test', []), named('b.test', keys('w9'))],
    });
    const message = await door.client().serverStream('FetchWITBundles', {}, HEADER).next();
    assert.ok(message.done !== true);
    const read = Object.entries(message.value.bundles).map(([id, text]) => [
      id,
      (JSON.parse(text) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid),
    ]);
    assert.deepEqual(read, [
      ['spiffe://example.org', ['w1']],
      ['spiffe://b.test', ['w9']],
    ]);
  });
});

it('WIT-SVIDs are Unimplemented where the operator has not turned them on', async () => {
  const door = new Door();
  await door.start();
  for (const rpc of ['FetchWITSVID', 'FetchWITBundles'] as const)
    await assert.rejects(door.client().serverStream(rpc, {}, HEADER).next(), { code: Code.unimplemented });
  await door.stop();
});

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { importJWK, type JWK } from 'jose';
import type { JWTBundlesResponseOutput } from '../../../proto/gen/JWTBundlesResponse.ts';
import type { Bundle, TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { generateKeyPair } from '../../../shared/crypto/keys.ts';
import { Code } from '../../../shared/errors.ts';
import { bundleOf, Door, HEADER, identity, update } from './door.ts';

const key = (keyId: string, publicKey: Uint8Array): TokenAuthority => ({
  keyId,
  publicKey,
  expiresAt: undefined,
  tainted: false,
});
const withKeys = (name: string, ...jwtAuthorities: readonly TokenAuthority[]): Bundle => ({
  ...bundleOf(name, 'root'),
  jwtAuthorities,
});

describe('FetchJWTBundles', () => {
  let ec: Uint8Array;
  let rsa: Uint8Array;
  before(async () => {
    ec = (await generateKeyPair('ec-p256')).publicKey;
    rsa = (await generateKeyPair('rsa-2048')).publicKey;
  });
  let door: Door;
  let open: Door;
  beforeEach(async () => {
    door = new Door();
    open = new Door({ config: { allowUnauthenticatedVerifiers: true } });
    await door.start();
    await open.start();
  });
  afterEach(() => Promise.all([door.stop(), open.stop()]));

  const fetch = (at = door) => at.client().serverStream('FetchJWTBundles', {}, HEADER);
  const next = async (stream: AsyncIterator<JWTBundlesResponseOutput>) => {
    const message = await stream.next();
    assert.ok(message.done !== true);
    return Object.fromEntries(
      Object.entries(message.value.bundles).map(([id, bytes]) => [
        id,
        JSON.parse(bytes.toString()) as { keys: JWK[] },
      ]),
    );
  };
  const push = (bundle: Bundle, ...federatedBundles: readonly Bundle[]) =>
    door.identities.push(update([identity('/web')], { bundle, federatedBundles }));

  it('sends key sets as RFC 7517 has them: a key and its ID, nothing of X.509 or WIT', async () => {
    push({ ...withKeys('example.org', key('e', ec), key('r', rsa)), witAuthorities: [key('w', ec)] });
    const { keys } = (await next(fetch()))['spiffe://example.org'] ?? assert.fail();
    assert.deepEqual(keys.map(Object.keys), [
      ['kty', 'kid', 'crv', 'x', 'y'],
      ['kty', 'kid', 'n', 'e'],
    ]);
    assert.deepEqual(
      keys.map(({ kid }) => kid),
      ['e', 'r'],
    );
    for (const [at, spki] of [ec, rsa].entries()) {
      const read = createPublicKey({ key: { ...keys[at] }, format: 'jwk' });
      assert.deepEqual(new Uint8Array(read.export({ type: 'spki', format: 'der' })), spki);
      await importJWK(keys[at] ?? assert.fail(), at === 0 ? 'ES256' : 'RS256');
    }
  });

  it('sends the own trust domain although it has no keys, and others only if they have', async () => {
    push(
      withKeys('example.org'),
      withKeys('b.test', key('k', ec)),
      withKeys('none.test'),
      withKeys('a.test', key('k', rsa)),
    );
    const bundles = await next(fetch());
    assert.deepEqual(Object.keys(bundles), ['spiffe://example.org', 'spiffe://a.test', 'spiffe://b.test']);
    assert.deepEqual(bundles['spiffe://example.org'], { keys: [] });
  });

  it('leaves out a key that cannot be read, has no ID or that of another, and the trust domain that has no others', async () => {
    const bad = [key('bad', Uint8Array.of(1, 2, 3)), key('', ec)];
    push(withKeys('example.org', ...bad, key('k', ec), key('k', rsa)), withKeys('bad.test', ...bad));
    const bundles = await next(fetch());
    assert.deepEqual(Object.keys(bundles), ['spiffe://example.org']);
    assert.deepEqual(
      bundles['spiffe://example.org']?.keys.map(({ kid, kty }) => [kid, kty]),
      [['k', 'EC']],
    );
  });

  it('sends nothing when something else changed, and everything when a key did', async () => {
    push(withKeys('example.org', key('k1', ec)));
    const stream = fetch();
    await stream.next();
    const following = next(stream);
    push({ ...withKeys('example.org', key('k1', ec)), sequenceNumber: 2 });
    await new Promise((resolve) => setImmediate(resolve));
    push(withKeys('example.org', key('k1', ec), key('k2', rsa)));
    assert.equal((await following)['spiffe://example.org']?.keys.length, 2);
  });

  it('needs no SVID: that of a workload may have expired', async () => {
    door.identities.push({
      ...update([]),
      isEntitled: true,
      federatedBundles: [withKeys('b.test', key('k', ec))],
    });
    assert.deepEqual(Object.keys(await next(fetch())), ['spiffe://example.org', 'spiffe://b.test']);
  });

  it('answers PermissionDenied to a process without an identity, and on a stream that loses it', async () => {
    push(withKeys('example.org', key('k1', ec)));
    const stream = fetch();
    await stream.next();
    door.identities.push(update([]));
    const denied = { code: Code.permissionDenied, message: 'no identity issued' };
    await assert.rejects(stream.next(), denied);
    await assert.rejects(fetch().next(), denied);
  });

  it('gives it the own bundle alone where the operator allows unauthenticated verifiers', async () => {
    open.identities.push(update([], { federatedBundles: [withKeys('b.test', key('k', ec))] }));
    assert.deepEqual(Object.keys(await next(fetch(open))), ['spiffe://example.org']);
  });

  it('answers Unavailable before the first synchronisation', async () => {
    await assert.rejects(fetch(open).next(), { code: Code.unavailable });
  });
});

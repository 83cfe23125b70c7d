import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { KeySet } from '../../../server/oidc/key-set.ts';
import type { TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { authorityOf } from './token-authorities.ts';

const at = (second: number): Date => new Date(1_800_000_000_000 + second * 1_000);
const CHANGED = at(0);

/** Of kinds that this project does not make. */
function foreign(keyId: string, type: 'ec' | 'ed25519', options: object = {}): TokenAuthority {
  const { publicKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { keyId, publicKey: new Uint8Array(der), expiresAt: undefined, tainted: false };
}

describe('the published keys', () => {
  let first: TokenAuthority;
  let second: TokenAuthority;
  let lasting: TokenAuthority;
  before(async () => {
    first = await authorityOf('first', { expiresAt: at(10) });
    second = await authorityOf('second', { expiresAt: at(20), type: 'ec-p384' });
    lasting = await authorityOf('lasting', { type: 'rsa-2048' });
  });
  const idsAt = (set: KeySet, second: number) => set.aliveAt(at(second)).keys.map(({ kid }) => kid);

  it('say what kind they are and which algorithm they are for, and hold the key itself', () => {
    const kinds = new KeySet([first, second, lasting], CHANGED).aliveAt(at(0)).keys;
    assert.deepEqual(
      kinds.map((jwk) => Object.keys(jwk)),
      [
        ['kty', 'kid', 'crv', 'alg', 'x', 'y'],
        ['kty', 'kid', 'crv', 'alg', 'x', 'y'],
        ['kty', 'kid', 'alg', 'n', 'e'],
      ],
    );
    assert.deepEqual(
      kinds.map(({ kid, kty, crv, alg }) => [kid, kty, crv, alg]),
      [
        ['first', 'EC', 'P-256', 'ES256'],
        ['second', 'EC', 'P-384', 'ES384'],
        ['lasting', 'RSA', undefined, 'RS256'],
      ],
    );
    kinds.forEach((key, index) => {
      const spki = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'der' });
      assert.deepEqual(new Uint8Array(spki), [first, second, lasting][index]?.publicKey);
    });
  });

  it('go with their end, not before', () => {
    const set = new KeySet([first, second, lasting], CHANGED);
    assert.deepEqual(idsAt(set, 9), ['first', 'second', 'lasting']);
    assert.deepEqual(idsAt(set, 10), ['second', 'lasting']);
    assert.deepEqual(idsAt(set, 20), ['lasting']);
  });

  it('changed when they were had, or when the last of those that are gone came to its end', () => {
    const set = new KeySet([first, second, lasting], CHANGED);
    const modified = (second: number) => set.aliveAt(at(second)).modifiedAt;
    assert.deepEqual([modified(9), modified(10), modified(25)], [CHANGED, at(10), at(20)]);
    assert.deepEqual(new KeySet([first], at(15)).aliveAt(at(16)).modifiedAt, at(15));
  });

  it('know when they change next by themselves', () => {
    const set = new KeySet([second, first, lasting], CHANGED);
    assert.deepEqual(
      [set.nextEnd(at(0)), set.nextEnd(at(10)), set.nextEnd(at(20))],
      [at(10), at(20), undefined],
    );
  });

  it('have tainted ones among them: a token counts until its key is revoked', () => {
    assert.deepEqual(idsAt(new KeySet([{ ...first, tainted: true }], CHANGED), 0), ['first']);
  });

  it('lack what signs no JWT-SVID, with why', () => {
    const broken = { ...first, keyId: 'broken', publicKey: Uint8Array.of(1, 2, 3) };
    const set = new KeySet(
      [foreign('ed', 'ed25519'), broken, lasting, foreign('p521', 'ec', { namedCurve: 'P-521' })],
      CHANGED,
    );
    assert.deepEqual(
      set.aliveAt(at(0)).keys.map(({ kid, alg }) => [kid, alg]),
      [
        ['lasting', 'RS256'],
        ['p521', 'ES512'],
      ],
    );
    assert.deepEqual(
      set.unusable.map(({ keyId }) => keyId),
      ['ed', 'broken'],
    );
    assert.match(set.unusable[0]?.why ?? '', /signs no JWT-SVID/);
  });

  it('are the same where the authorities are', () => {
    const set = new KeySet([first, second], CHANGED);
    assert.ok(set.isOf([{ ...first }, second]));
    assert.ok(!set.isOf([first]));
    assert.ok(!set.isOf([first, { ...second, keyId: 'third' }]));
  });
});

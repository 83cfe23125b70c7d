/** The cache of JWT-SVIDs: never above its bound, and who asks for little loses nothing to who asks for much. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { audienceKey, JwtCache } from '../../agent/cache/jwt-cache.ts';
import { makeAgentEntry } from '../agent/cache/make-agent-entry.ts';

const ENTRIES = ['a', 'b', 'c'] as const;
const MAX = 9;
const cached = (id: string) => ({
  svid: {
    entry: makeAgentEntry({ id }),
    spiffeId: makeAgentEntry({ id }).spiffeId,
    token: '',
    keyId: '',
    issuedAt: new Date(0),
    expiresAt: new Date(1),
  },
  renewAt: new Date(0),
});

const step = fc.record({
  id: fc.constantFrom(...ENTRIES),
  key: fc.nat({ max: 19 }).map(String),
  deed: fc.constantFrom('put', 'put', 'find', 'drop' as const),
});

test('it holds so many at most, and each entry keeps what is its share', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 300, size: 'max' }), (steps) => {
      const cache = new JwtCache(MAX);
      /** Of each entry, as many as are its share: those used last. */
      const latest = new Map<string, string[]>(ENTRIES.map((id) => [id, []]));
      for (const { id, key, deed } of steps) {
        const own = latest.get(id) ?? [];
        const others = own.filter((one) => one !== key);
        if (deed === 'put') cache.put(key, cached(id));
        if (deed === 'drop') cache.drop(id, key);
        const isThere = deed === 'put' || (deed === 'find' && cache.find(id, key) !== undefined);
        latest.set(id, (isThere ? [...others, key] : others).slice(-MAX / ENTRIES.length));
        assert.ok(cache.size <= MAX);
        assert.equal(cache.all().length, cache.size);
      }
      for (const id of ENTRIES) {
        for (const key of latest.get(id) ?? []) assert.ok(cache.find(id, key), `${id} lost ${key}`);
      }
    }),
  );
});

test('the same audiences have one key, whatever their order and number, and others have another', () => {
  const audiences = fc.array(fc.string(), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(audiences, audiences, (a, b) => {
      const isSame = new Set(a).symmetricDifference(new Set(b)).size === 0;
      assert.equal(audienceKey(a) === audienceKey(b), isSame);
      assert.equal(audienceKey(a.toReversed()), audienceKey([...a, ...a]));
    }),
  );
});

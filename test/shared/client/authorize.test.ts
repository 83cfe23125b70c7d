/** Authorizers, and what they make together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Authorizer,
  authorizeAllOf,
  authorizeAny,
  authorizeId,
  authorizeIf,
  authorizeMemberOf,
  authorizeNot,
  authorizeOneOf,
  authorizeUnder,
  Code,
  CodedError,
  SpiffeId,
  TrustDomain,
} from '../../../shared/client/index.ts';
import { askAuthorizer } from '../../../shared/client/authorize.ts';

const id = (path: string, trustDomain = 'example.org'): SpiffeId =>
  SpiffeId.parse(`spiffe://${trustDomain}${path}`);
const shop = id('/shop');
const ours = authorizeMemberOf(TrustDomain.parse('example.org'));
const broken: Authorizer = () => {
  throw new TypeError('a mistake');
};

const cases: readonly (readonly [string, Authorizer, readonly SpiffeId[], readonly SpiffeId[]])[] = [
  ['an ID', authorizeId(shop), [shop], [id('/shop/a'), id('/shops'), id(''), id('/shop', 'a.test')]],
  ['several IDs', authorizeId(shop, id('/bank')), [shop, id('/bank')], [id('/attic')]],
  ['no ID', authorizeId(), [], [shop]],
  [
    'an ID and what is below',
    authorizeUnder(shop),
    [shop, id('/shop/a'), id('/shop/a/b')],
    [id('/shops'), id('/sho'), id(''), id('/shop', 'a.test'), id('/a/shop')],
  ],
  [
    'a whole trust domain by its ID',
    authorizeUnder(id('')),
    [id(''), shop],
    [id('/shop', 'a.test'), id('', 'example.org.a')],
  ],
  ['a trust domain', ours, [shop], [id('/shop', 'a.test')]],
  ['whoever has an SVID', authorizeAny, [shop, id('/shop', 'a.test')], []],
  ['a predicate', authorizeIf(({ path }) => path.endsWith('p')), [shop], [id('/bank')]],
  [
    'one of several',
    authorizeOneOf(authorizeId(shop), authorizeUnder(id('/b'))),
    [shop, id('/b/c')],
    [id('/c')],
  ],
  [
    'all of several',
    authorizeAllOf(ours, authorizeNot(authorizeUnder(id('/guests')))),
    [shop],
    [id('/guests/a'), id('/shop', 'a.test')],
  ],
];

describe('authorizers', () => {
  for (const [what, authorizer, wanted, unwanted] of cases) {
    it(`let in ${what}, and nobody else`, () => {
      for (const peer of wanted) authorizer(peer);
      for (const peer of unwanted)
        assert.throws(
          () => authorizer(peer),
          (error) =>
            error instanceof CodedError &&
            error.code === Code.permissionDenied &&
            error.message.includes(`${peer}`),
        );
    });
  }

  it('let nobody in when one of them fails: a failure is no refusal that could be turned round', () => {
    for (const authorizer of [
      authorizeNot(broken),
      authorizeOneOf(broken, authorizeAny),
      authorizeAllOf(authorizeAny, broken),
    ])
      assert.throws(() => authorizer(shop), /a mistake/);
  });

  it('take a promise for a no', () => {
    const later = authorizeIf((() => Promise.resolve(true)) as unknown as () => boolean);
    assert.throws(() => later(shop), /not wanted/);
  });

  it('that return a verdict in place of throwing let nobody in, promises neither, which end no process', async () => {
    const rejects = async (): Promise<void> => {
      throw new Error('too late');
    };
    for (const wrong of [() => true, () => false, () => 0, rejects, async () => {}]) {
      const authorizer = wrong as Authorizer; // as TypeScript lets anybody write it
      for (const made of [
        authorizeNot(authorizer),
        authorizeOneOf(authorizer, authorizeAny),
        authorizeAllOf(authorizeAny, authorizer),
        (peer: SpiffeId) => askAuthorizer(authorizer, peer),
      ])
        assert.throws(() => made(shop), { code: Code.internal, message: /authorizer returned a value/ });
    }
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would fail this test
  });

  it('are not made of nothing', () => {
    assert.throws(() => authorizeOneOf(), /at least one/);
    assert.throws(() => authorizeAllOf(), /at least one/);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { X509Authority } from '../../../shared/bundle/bundle.ts';
import { type Standing, standingOf } from '../../../shared/svid/standing.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';

const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2026-01-02T00:00:00Z');
const [one, other] = [
  await FakeAuthority.make('example.org', notBefore, notAfter), // all of them have the same name
  await FakeAuthority.make('example.org', notBefore, notAfter),
];
const leaf = await one.issue({
  spiffeId: 'spiffe://example.org/web',
  publicKey: other.root.publicKey,
  notBefore,
  notAfter,
});
const good = ({ root }: FakeAuthority): X509Authority => ({ certificate: root.raw, tainted: false });
const tainted = (authority: FakeAuthority): X509Authority => ({ ...good(authority), tainted: true });
const noCertificate: X509Authority = { certificate: Uint8Array.of(1), tainted: false };

const bundles: readonly (readonly [string, readonly X509Authority[], Standing])[] = [
  ['its authority', [good(one)], 'good'],
  ['its authority and a tainted one', [tainted(other), good(one)], 'good'],
  ['its authority, tainted', [good(other), tainted(one)], 'tainted'],
  ['its authority, tainted, and bytes that are none', [noCertificate, tainted(one)], 'tainted'],
  ['its authority, tainted, and again without', [tainted(one), good(one)], 'good'],
  ['another authority', [good(other)], 'gone'],
  ['nothing', [], 'gone'],
];
for (const [what, bundle, standing] of bundles) {
  test(`an SVID is ${standing} by a bundle with ${what}`, () => {
    assert.equal(standingOf([leaf], bundle), standing);
  });
}

test('of a chain the last certificate counts', () => {
  assert.equal(standingOf([leaf, one.root.raw], [good(one)]), 'good');
  assert.equal(standingOf([one.root.raw, leaf], [tainted(one)]), 'tainted');
});

test('a chain that is none is refused', () => {
  for (const chain of [[], [Uint8Array.of(1)]])
    assert.throws(() => standingOf(chain, [good(one)]), /certificate/);
});

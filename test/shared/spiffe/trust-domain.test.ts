import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { isRefusal } from '../../refusal.ts';

test('reads the bare name and the ID of a trust domain alike', () => {
  assert.equal(TrustDomain.parse('example.org').id, 'spiffe://example.org');
  assert.equal(TrustDomain.parse('spiffe://example.org'), TrustDomain.parse('example.org'));
});

test('treats a name no differently for being an address or no DNS name', () => {
  for (const name of ['1.2.3.4', 'a..b', '.a', 'a.', '-a', 'a_b', 'a'.repeat(255)]) {
    assert.equal(TrustDomain.parse(name).name, name);
  }
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /missing/],
  ['spiffe://', /missing/],
  ['Example.org', /limited to lowercase/],
  ['example.org\n', /limited to lowercase/],
  ['\u212a', /limited to lowercase/],
  ['example.org:8443', /limited to lowercase/],
  ['user@example.org', /limited to lowercase/],
  ['[::1]', /limited to lowercase/],
  ['spiffe://example.org/', /limited to lowercase/],
  ['spiffe://example.org/path', /limited to lowercase/],
  ['spiffe://spiffe://a', /limited to lowercase/],
  ['a'.repeat(256), /longer than 255/],
];

for (const [text, telling] of REFUSED) {
  test(`refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
    assert.throws(() => TrustDomain.parse(text), isRefusal(Code.invalidArgument, telling));
  });
}

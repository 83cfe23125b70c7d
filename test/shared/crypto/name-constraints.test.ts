import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../../shared/bytes.ts';
import { DerReader, Tag } from '../../../shared/crypto/der.ts';
import { type Der, encode, node, sequence, unsignedInteger } from '../../../shared/crypto/der-writer.ts';
import {
  checkNames,
  type NameConstraints,
  readNameConstraints,
} from '../../../shared/crypto/name-constraints.ts';

const NONE = { uris: [], dnsNames: [], otherCount: 0 };

function isUriAllowed(
  uri: string,
  rules: { permitted?: readonly string[]; excluded?: readonly string[] },
): boolean {
  const constraints: NameConstraints = {
    permitted: { ...NONE, uris: rules.permitted ?? [] },
    excluded: { ...NONE, uris: rules.excluded ?? [] },
  };
  return passes(() => checkNames(constraints, { uriSans: [uri], dnsSans: [] }));
}

function isDnsAllowed(
  name: string,
  rules: { permitted?: readonly string[]; excluded?: readonly string[] },
): boolean {
  const constraints: NameConstraints = {
    permitted: { ...NONE, dnsNames: rules.permitted ?? [] },
    excluded: { ...NONE, dnsNames: rules.excluded ?? [] },
  };
  return passes(() => checkNames(constraints, { uriSans: [], dnsSans: [name] }));
}

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/** RFC 5280 4.2.1.10: a host stands for itself alone, a leading dot for every host below. */
const URIS: readonly (readonly [string, string, boolean])[] = [
  ['spiffe://example.org/a', 'example.org', true],
  ['spiffe://EXAMPLE.org/a', 'example.org', true],
  ['spiffe://example.org', 'example.org', true],
  ['spiffe://a.example.org/a', 'example.org', false],
  ['spiffe://a.example.org/a', '.example.org', true],
  ['spiffe://a.b.example.org/a', '.example.org', true],
  ['spiffe://example.org/a', '.example.org', false],
  ['spiffe://notexample.org/a', '.example.org', false],
  ['https://user@example.org:8443/a?b#c', 'example.org', true],
  ['https://example.org@evil.test/a', 'example.org', false],
  ['spiffe://evil.test/example.org', 'example.org', false],
  ['spiffe://evil.test?example.org', 'example.org', false],
  ['spiffe://1.2.3.4/a', '1.2.3.4', false],
  ['https://[::1]/a', 'example.org', false],
  ['urn:example.org', 'example.org', false],
  ['spiffe:///a', 'example.org', false],
  ['spiffe://a/b', '', true],
];

for (const [uri, constraint, isWithin] of URIS) {
  test(`URI ${uri} is ${isWithin ? '' : 'not '}within "${constraint}"`, () => {
    assert.equal(isUriAllowed(uri, { permitted: [constraint] }), isWithin);
  });
}

test('a URI whose host cannot be told is refused by exclusions too', () => {
  assert.equal(isUriAllowed('urn:example.org', { excluded: ['example.org'] }), false);
  assert.equal(isUriAllowed('spiffe://example.com/a', { excluded: ['example.org'] }), true);
  assert.equal(isUriAllowed('spiffe://example.org/a', { excluded: ['example.org'] }), false);
});

const DNS: readonly (readonly [string, string, boolean])[] = [
  ['example.org', 'example.org', true],
  ['a.example.org', 'example.org', true],
  ['A.Example.ORG', 'example.org', true],
  ['notexample.org', 'example.org', false],
  ['example.org', '.example.org', false],
  ['a.example.org', '.example.org', true],
  ['*.example.org', 'example.org', true],
  ['*.org', 'example.org', false],
  ['example.org.', 'example.org', false],
  ['a..example.org', 'example.org', false],
  ['a', '', true],
];

for (const [name, constraint, isWithin] of DNS) {
  test(`DNS name ${name} is ${isWithin ? '' : 'not '}within "${constraint}"`, () => {
    assert.equal(isDnsAllowed(name, { permitted: [constraint] }), isWithin);
  });
}

test('an excluded host excludes what is below it too, as Go reads it, but no other host', () => {
  assert.equal(isUriAllowed('spiffe://a.example.org/a', { excluded: ['example.org'] }), false);
  assert.equal(isUriAllowed('spiffe://notexample.org/a', { excluded: ['example.org'] }), true);
  assert.equal(isUriAllowed('spiffe://example.org/a', { excluded: ['.example.org'] }), true);
});

test('a wildcard is excluded with any name that it stands for', () => {
  assert.equal(isDnsAllowed('*.example.org', { excluded: ['secret.example.org'] }), false);
  assert.equal(isDnsAllowed('*.example.org', { excluded: ['very.secret.example.org'] }), true);
  assert.equal(isDnsAllowed('*.example.com', { excluded: ['secret.example.org'] }), true);
});

test('an exclusion outweighs a permission', () => {
  const rules = { permitted: ['example.org'], excluded: ['secret.example.org'] };
  assert.equal(isDnsAllowed('a.example.org', rules), true);
  assert.equal(isDnsAllowed('a.secret.example.org', rules), false);
});

test('constraints of one kind say nothing of names of another', () => {
  const constraints = { permitted: { ...NONE, dnsNames: ['a.test'] }, excluded: NONE };
  checkNames(constraints, { uriSans: ['spiffe://b.test/x'], dnsSans: [] });
});

test('gives up on names and constraints that are too many to compare', () => {
  const many = Array.from({ length: 400 }, (_, n) => `${n}.test`);
  const constraints = { permitted: { ...NONE, dnsNames: many }, excluded: NONE };
  assert.throws(() => checkNames(constraints, { uriSans: [], dnsSans: many }), /too many names/);
});

const dns = (name: string) => sequence(node(0x82, utf8(name)));
const read = (...lists: readonly Der[]) =>
  readNameConstraints(new DerReader(encode(sequence(...lists))).enter(Tag.sequence));

test('reads both lists, and counts kinds that it cannot judge', () => {
  const email = sequence(node(0x81, utf8('a@b')));
  assert.deepEqual(
    read(node(0xa0, dns('A.test'), email), node(0xa1, sequence(node(0x86, utf8('.b.test'))))),
    {
      permitted: { uris: [], dnsNames: ['a.test'], otherCount: 1 },
      excluded: { uris: ['.b.test'], dnsNames: [], otherCount: 0 },
    },
  );
});

const REFUSED: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['no list', () => read(), /name constraints are empty/],
  ['an empty list', () => read(node(0xa0)), /empty list/],
  ['the lists the wrong way round', () => read(node(0xa1, dns('a')), node(0xa0, dns('a'))), /trailing/],
  [
    'a minimum',
    () => read(node(0xa0, sequence(node(0x82, utf8('a')), node(0x80, Uint8Array.of(1))))),
    /trailing/,
  ],
  ['a malformed name', () => read(node(0xa0, dns('a..b'))), /name constraint is malformed/],
  ['a name that is only a dot', () => read(node(0xa0, dns('.'))), /name constraint is malformed/],
  ['something else', () => read(unsignedInteger(Uint8Array.of(1))), /trailing/],
];

for (const address of ['192.0.2.1', '[::1]', '1'])
  test(`refuses the address ${address} where hosts of URIs are constrained`, () => {
    const constraint = node(0xa1, sequence(node(0x86, utf8(address))));
    assert.throws(() => read(constraint), /name constraint of a URI is an address/);
  });

for (const [what, deed, telling] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.throws(deed, telling);
  });
}

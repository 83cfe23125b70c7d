import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, utf8 } from '../../../shared/bytes.ts';
import { joinCertificates, parseCertificate, parseCertificates } from '../../../shared/crypto/certificate.ts';
import { Tag } from '../../../shared/crypto/der.ts';
import {
  encode,
  explicit,
  node,
  octetString,
  sequence,
  unsignedInteger,
} from '../../../shared/crypto/der-writer.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';
import { edit, FALSE, type Parts, TRUE, withExtension } from './edit-certificate.ts';
import { makeLeaf, makeRoot, NOT_AFTER, NOT_BEFORE } from './pki.ts';

const root = await makeRoot({ pathLength: 3 });
const { certificate: leaf } = await makeLeaf(root, {
  dnsSans: ['web.example.org'],
  serialNumber: Uint8Array.of(0, 0x80, 1),
});
const oidBytes = fromHex('2b06010401'); // 1.3.6.1.4.1

test('reads every field of a leaf', () => {
  assert.deepEqual(leaf.serialNumber, Uint8Array.of(0x80, 1));
  assert.deepEqual(leaf.issuer, root.certificate.subject);
  assert.deepEqual([leaf.notBefore, leaf.notAfter], [NOT_BEFORE, NOT_AFTER]);
  assert.deepEqual([leaf.hasBasicConstraints, leaf.isCa, leaf.pathLength], [true, false, undefined]);
  assert.deepEqual([...(leaf.keyUsage ?? [])], ['digitalSignature', 'keyEncipherment', 'keyAgreement']);
  assert.equal(leaf.isKeyUsageCritical, true);
  assert.deepEqual(leaf.extendedKeyUsage, [Oid.serverAuth, Oid.clientAuth]);
  assert.deepEqual(leaf.uriSans, ['spiffe://example.org/web']);
  assert.deepEqual(leaf.dnsSans, ['web.example.org']);
  assert.deepEqual([leaf.otherSanCount, leaf.isSanCritical], [0, false]);
  assert.deepEqual(leaf.authorityKeyId, root.certificate.subjectKeyId);
  assert.equal(leaf.nameConstraints, undefined);
  assert.deepEqual(leaf.unhandledCriticalExtensions, []);
  assert.equal(leaf.signatureAlgorithm?.name, 'ecdsa-sha256');
});

test('reads the CA fields of a root', () => {
  const { isCa, pathLength, keyUsage } = root.certificate;
  assert.deepEqual([isCa, pathLength, [...(keyUsage ?? [])]], [true, 3, ['keyCertSign', 'crlSign']]);
});

test('reads certificates written one after the other', () => {
  const both = joinCertificates([leaf, root.certificate]);
  assert.deepEqual(
    parseCertificates(both).map(({ raw }) => raw),
    [leaf.raw, root.certificate.raw],
  );
  assert.deepEqual(parseCertificates(new Uint8Array()), []);
  assert.throws(() => parseCertificates(both.subarray(0, -1)), CodedError);
});

test('counts names of other kinds', () => {
  const names = sequence(
    node(0x86, utf8('spiffe://a/b')),
    node(0x87, Uint8Array.of(127, 0, 0, 1)),
    node(0x81, utf8('a@b')),
  );
  const changed = edit(leaf.raw, ({ extensions }) => ({
    extensions: withExtension(extensions, { oid: Oid.subjectAltName, value: names, critical: TRUE }),
  }));
  const { uriSans, otherSanCount, isSanCritical } = parseCertificate(changed);
  assert.deepEqual([uriSans, otherSanCount, isSanCritical], [['spiffe://a/b'], 2, true]);
});

test('lists critical extensions that it does not understand, and no others', () => {
  const changed = edit(leaf.raw, ({ extensions }) => ({
    extensions: [
      ...withExtension(extensions, { oid: '1.2.3.4', value: node(Tag.null), critical: TRUE }),
      ...withExtension([], { oid: '1.2.3.5', value: node(Tag.null) }),
      ...withExtension([], { oid: '2.5.29.36', value: sequence(), critical: TRUE }),
    ],
  }));
  assert.deepEqual(parseCertificate(changed).unhandledCriticalExtensions, ['1.2.3.4', '2.5.29.36']);
});

test('reads a certificate signed by an algorithm that is not believed, and says so by leaving it undefined', () => {
  const sha1 = encode(sequence(node(Tag.oid, fromHex('2a864886f70d010105')), node(Tag.null)));
  const changed = parseCertificate(edit(leaf.raw, () => ({ innerAlgorithm: sha1, outerAlgorithm: sha1 })));
  assert.equal(changed.signatureAlgorithm, undefined);
});

const time = (tag: number, text: string) => node(tag, utf8(text));
const validity = (from: string, to: string) => sequence(time(Tag.utcTime, from), time(Tag.utcTime, to));
const replaced =
  (oid: string, value: Parameters<typeof withExtension>[1]['value'], critical?: Uint8Array) =>
  (parts: Parts) => ({
    extensions: withExtension(parts.extensions, {
      oid,
      value,
      ...(critical === undefined ? {} : { critical }),
    }),
  });

const REFUSED: readonly (readonly [string, (parts: Parts) => Partial<Parts>, RegExp])[] = [
  ['version 1', () => ({ version: explicit(0, unsignedInteger(Uint8Array.of(0))) }), /version is not 3/],
  ['no version', () => ({ version: new Uint8Array() }), /version is not 3/],
  ['a negative serial number', () => ({ serialNumber: node(Tag.integer, Uint8Array.of(0x80)) }), /negative/],
  [
    'a serial number of 21 bytes',
    () => ({ serialNumber: unsignedInteger(new Uint8Array(21).fill(1)) }),
    /longer than 20/,
  ],
  [
    'a serial number with a superfluous zero',
    () => ({ serialNumber: node(Tag.integer, Uint8Array.of(0, 1)) }),
    /not minimal/,
  ],
  [
    'different algorithms inside and outside',
    () => ({ innerAlgorithm: sequence(node(Tag.oid, oidBytes)) }),
    /algorithms inside and outside differ/,
  ],
  [
    'an extension twice',
    ({ extensions }) => ({ extensions: [...extensions, ...extensions.slice(0, 1)] }),
    /2.5.29.15 occurs twice/,
  ],
  ['an empty list of extensions', () => ({ extensions: [] }), /list of extensions is empty/],
  ['too many extensions', () => ({ extensions: manyExtensions(65) }), /more than 64 extensions/],
  [
    'a validity that ends before it begins',
    () => ({ validity: validity('260102000000Z', '260101000000Z') }),
    /ends before it begins/,
  ],
  ['a 13th month', () => ({ validity: validity('261301000000Z', '270101000000Z') }), /time is malformed/],
  [
    'the 29th of February of no leap year',
    () => ({ validity: validity('250229000000Z', '270101000000Z') }),
    /time is malformed/,
  ],
  ['an hour 24', () => ({ validity: validity('260101240000Z', '270101000000Z') }), /time is malformed/],
  ['a time zone', () => ({ validity: validity('2601010000+0100', '270101000000Z') }), /time is malformed/],
  [
    'a time without seconds',
    () => ({ validity: validity('2601010000Z', '270101000000Z') }),
    /time is malformed/,
  ],
  [
    'a GeneralizedTime before 2050',
    () => ({
      validity: sequence(time(Tag.generalizedTime, '20260101000000Z'), time(Tag.utcTime, '270101000000Z')),
    }),
    /must be a UTCTime/,
  ],
  [
    'a third time',
    () => ({ validity: sequence(...Array.from({ length: 3 }, () => time(Tag.utcTime, '260101000000Z'))) }),
    /trailing/,
  ],
  [
    'an empty relative name',
    () => ({ subject: sequence(node(Tag.set)) }),
    /relative distinguished name is empty/,
  ],
  [
    'a path length without the CA flag',
    replaced(Oid.basicConstraints, sequence(unsignedInteger(Uint8Array.of(1)))),
    /path length/,
  ],
  [
    'a negative path length',
    replaced(Oid.basicConstraints, sequence(TRUE, node(Tag.integer, Uint8Array.of(0xff)))),
    /out of range/,
  ],
  [
    'a boolean that is neither',
    replaced(Oid.basicConstraints, sequence(Uint8Array.of(1, 1, 1))),
    /boolean is malformed/,
  ],
  [
    'key usage with more unused bits than a byte has',
    replaced(Oid.keyUsage, node(Tag.bitString, Uint8Array.of(8, 0x80))),
    /malformed/,
  ],
  [
    'key usage with unused bits set',
    replaced(Oid.keyUsage, node(Tag.bitString, Uint8Array.of(7, 0xff))),
    /malformed/,
  ],
  ['empty extended key usage', replaced(Oid.extendedKeyUsage, sequence()), /extended key usage is empty/],
  ['an empty list of names', replaced(Oid.subjectAltName, sequence()), /list of names is empty/],
  [
    'a URI that is not ASCII',
    replaced(Oid.subjectAltName, sequence(node(0x86, utf8('spiffe://é/p')))),
    /not ASCII/,
  ],
  [
    'a kind of name that there is not',
    replaced(Oid.subjectAltName, sequence(node(0x8a, utf8('x')))),
    /kind of name 0x8a is unknown/,
  ],
  [
    'an other name without a type',
    replaced(Oid.subjectAltName, sequence(node(0x86, utf8('spiffe://a/b')), node(0xa0, node(Tag.null)))),
    /tag 0x5 where 0x6 should be/,
  ],
  [
    'more names than anybody needs',
    replaced(Oid.subjectAltName, sequence(...Array.from({ length: 1_001 }, () => node(0x82, utf8('a'))))),
    /more than 1000 names/,
  ],
  [
    'more name constraints than anybody needs',
    replaced(
      Oid.nameConstraints,
      sequence(explicit(0, ...Array.from({ length: 1_001 }, () => sequence(node(0x82, utf8('a')))))),
      TRUE,
    ),
    /more than 1000 names/,
  ],
  [
    'an authority key identifier with a part that there is not',
    replaced(Oid.authorityKeyId, sequence(node(0x80, oidBytes), node(0x84, oidBytes))),
    /trailing bytes/,
  ],
  [
    'an authority key identifier whose parts are out of order',
    replaced(Oid.authorityKeyId, sequence(node(0x82, oidBytes), node(0x80, oidBytes))),
    /trailing bytes/,
  ],
  [
    'bytes after an extension’s value',
    replaced(Oid.subjectKeyId, encode(octetString(oidBytes), oidBytes)),
    /trailing bytes/,
  ],
  [
    'a critical subject key identifier',
    replaced(Oid.subjectKeyId, octetString(oidBytes), TRUE),
    /must not be critical/,
  ],
  [
    'critical access to the authority',
    replaced('1.3.6.1.5.5.7.1.1', sequence(), TRUE),
    /must not be critical/,
  ],
  [
    'an IP address of three bytes',
    replaced(Oid.subjectAltName, sequence(node(0x87, Uint8Array.of(10, 0, 0)))),
    /IP address has 3 bytes/,
  ],
  [
    'a critical authority key identifier',
    replaced(Oid.authorityKeyId, sequence(), TRUE),
    /must not be critical/,
  ],
  ['empty name constraints', replaced(Oid.nameConstraints, sequence(), TRUE), /name constraints are empty/],
  [
    'a signature that is not of whole bytes',
    () => ({ signature: node(Tag.bitString, Uint8Array.of(1, 2)) }),
    /whole bytes/,
  ],
];

function manyExtensions(count: number) {
  return Array.from({ length: count }, (_, n) =>
    withExtension([], { oid: `1.2.3.${n}`, value: node(Tag.null) }),
  ).flat();
}

for (const [what, change, telling] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.throws(() => parseCertificate(edit(leaf.raw, change)), isRefusal(Code.invalidArgument, telling));
  });
}

test('reads an explicit FALSE, which DER would leave out but some authorities write', () => {
  const changed = edit(leaf.raw, replaced(Oid.basicConstraints, sequence(FALSE), FALSE));
  assert.equal(parseCertificate(changed).isCa, false);
});

test('reads times of 1950, 2049 and 2050 in their own forms', () => {
  const from = (form: Parts['validity']) => parseCertificate(edit(leaf.raw, () => ({ validity: form })));
  assert.equal(from(validity('500101000000Z', '491231235959Z')).notBefore.getUTCFullYear(), 1950);
  const late = sequence(time(Tag.utcTime, '491231235959Z'), time(Tag.generalizedTime, '20500101000000Z'));
  assert.deepEqual(
    [from(late).notBefore.getUTCFullYear(), from(late).notAfter.getUTCFullYear()],
    [2049, 2050],
  );
});

test('refuses a certificate with bytes after it, cut short, or too long', () => {
  assert.throws(() => parseCertificate(Uint8Array.of(...leaf.raw, 0)), /trailing bytes/);
  assert.throws(() => parseCertificate(leaf.raw.subarray(0, -1)), /truncated/);
  assert.throws(() => parseCertificate(new Uint8Array(65_537)), /longer than 65536/);
  assert.throws(() => parseCertificates(new Uint8Array(4 * 1024 * 1024 + 1)), /longer than/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { X509SvidTemplate } from '../../../server/ca/certificate-template.ts';
import { checkIssued, checkSignature, type ExpectedSvid } from '../../../server/ca/check-certificate.ts';
import { uniqueId } from '../../../server/credential-composer/unique-id.ts';
import { utf8 } from '../../../shared/bytes.ts';
import { parseCertificate } from '../../../shared/crypto/certificate.ts';
import { Tag } from '../../../shared/crypto/der.ts';
import { type Der, node, octetString, sequence } from '../../../shared/crypto/der-writer.ts';
import { distinguishedName } from '../../../shared/crypto/names.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { Code } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { isRefusal } from '../../refusal.ts';
import {
  edit,
  FALSE,
  type Parts,
  TRUE,
  withExtension,
  without,
} from '../../shared/crypto/edit-certificate.ts';
import { makeIntermediate, makeRoot, signerOf } from '../../shared/crypto/pki.ts';

const root = await makeRoot();
const template = new X509SvidTemplate({ issuer: root.signer, issuerCertificate: root.certificate });
const other = await signerOf('ec-p256');
const expected: ExpectedSvid = {
  issuer: root.certificate,
  spiffeId: SpiffeId.parse('spiffe://example.org/web'),
  dnsNames: ['web'],
  publicKey: (await signerOf('ec-p256')).publicKey,
  serialNumber: Uint8Array.of(0, 0xab, 1),
  notBefore: new Date('2026-01-01T11:59:50.500Z'),
  notAfter: new Date('2026-01-01T13:00:00Z'),
};
const issued = await template.build(expected);

const isWithheld = (telling: RegExp) => isRefusal(Code.internal, telling);

test('lets out what was asked for', () => {
  checkIssued(issued, expected);
});

/** One field of what was asked is another: the certificate must not leave. */
const OTHERS: readonly (readonly [string, Partial<ExpectedSvid>])[] = [
  ['SPIFFE ID', { spiffeId: SpiffeId.parse('spiffe://example.org/sql') }],
  ['DNS names', { dnsNames: ['web', 'more'] }],
  ['subject', { dnsNames: [] }],
  ['subject', { composers: [uniqueId] }],
  ['public key', { publicKey: other.publicKey }],
  ['serial number', { serialNumber: Uint8Array.of(0xab, 2) }],
  ['serial number', { serialNumber: new Uint8Array(4) }],
  ['start of validity', { notBefore: new Date('2026-01-01T11:59:51Z') }],
  ['end of validity', { notAfter: new Date('2026-01-01T13:00:01Z') }],
  ['issuer', { issuer: (await makeIntermediate(root)).certificate }],
  ['authority key identifier', { issuer: (await makeRoot()).certificate }],
  ['end of validity, past', { issuer: { ...root.certificate, notAfter: new Date('2026-01-01T12:59:59Z') } }],
];

for (const [field, change] of OTHERS) {
  test(`withholds a certificate of another ${field}`, () => {
    assert.throws(
      () => checkIssued(issued, { ...expected, ...change }),
      isWithheld(new RegExp(`its ${field}`)),
    );
  });
}

const name = (tag: number, text: string) => node(tag, utf8(text));
const id = name(0x86, 'spiffe://example.org/web');
const dns = name(0x82, 'web');
const names =
  (...list: Der[]) =>
  (parts: Parts) => ({
    extensions: parts.extensions.with(
      5,
      last(withExtension([], { oid: Oid.subjectAltName, value: sequence(...list) })),
    ),
  });
/** The extension at that place exchanged for one of this content. */
const at = (index: number, changed: Parameters<typeof withExtension>[1]) => (parts: Parts) => ({
  extensions: parts.extensions.with(index, last(withExtension([], changed))),
});
const last = <T>(list: readonly T[]): T => list[list.length - 1] as T;

/** One thing of the certificate is not of the profile. */
const FOREIGN: readonly (readonly [string, (parts: Parts) => Partial<Parts>, RegExp])[] = [
  [
    'one more extension',
    ({ extensions }) => ({ extensions: withExtension(extensions, { oid: '1.2.3', value: sequence() }) }),
    /extensions/,
  ],
  [
    'one extension less',
    ({ extensions }) => ({ extensions: without(extensions, Oid.extendedKeyUsage) }),
    /extensions/,
  ],
  [
    'the CA flag',
    at(2, { oid: Oid.basicConstraints, value: sequence(TRUE), critical: TRUE }),
    /basic constraints/,
  ],
  [
    'basic constraints that are not critical',
    at(2, { oid: Oid.basicConstraints, value: sequence() }),
    /extensions/,
  ],
  [
    'key usage that is not critical',
    at(0, { oid: Oid.keyUsage, value: node(Tag.bitString, Uint8Array.of(3, 0xa8)), critical: FALSE }),
    /extensions/,
  ],
  [
    'keyCertSign',
    at(0, { oid: Oid.keyUsage, value: node(Tag.bitString, Uint8Array.of(2, 0xac)), critical: TRUE }),
    /key usage/,
  ],
  [
    'a key usage less',
    at(0, { oid: Oid.keyUsage, value: node(Tag.bitString, Uint8Array.of(5, 0xa0)), critical: TRUE }),
    /key usage/,
  ],
  [
    'one purpose',
    at(1, { oid: Oid.extendedKeyUsage, value: sequence(node(Tag.oid, Uint8Array.of(0x2a))) }),
    /extended key usage/,
  ],
  [
    'another key identifier',
    at(3, { oid: Oid.subjectKeyId, value: octetString(Uint8Array.of(1)) }),
    /subject key identifier/,
  ],
  [
    'no authority key identifier',
    at(4, { oid: Oid.authorityKeyId, value: sequence() }),
    /authority key identifier/,
  ],
  ['a second URI', names(id, id, dns), /SPIFFE ID/],
  ['no URI', names(dns), /SPIFFE ID/],
  ['an address', names(id, dns, node(0x87, Uint8Array.of(127, 0, 0, 1))), /other names/],
  ['another subject', () => ({ subject: distinguishedName({ commonName: 'x' }) }), /subject/],
  ['bytes that are no certificate', () => ({ version: sequence() }), /malformed/],
];

for (const [what, change, telling] of FOREIGN) {
  test(`withholds a certificate with ${what}`, () => {
    assert.throws(() => checkIssued(edit(issued, change), expected), isWithheld(telling));
  });
}

test('withholds a certificate of an algorithm that is not believed', () => {
  const sha1 = sequence(node(Tag.oid, Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1)));
  const changed = edit(issued, () => ({ innerAlgorithm: sha1, outerAlgorithm: sha1 }));
  assert.throws(() => checkIssued(changed, expected), isWithheld(/signature algorithm/));
});

test('tells whether a CA certificate is signed by its issuer', async () => {
  const intermediate = await makeIntermediate(root);
  checkSignature(root.certificate, root.certificate);
  checkSignature(intermediate.certificate, root.certificate);
  assert.throws(
    () => checkSignature(root.certificate, intermediate.certificate),
    isWithheld(/signature is not valid/),
  );
  const unknown = parseCertificate(intermediate.certificate.raw);
  assert.throws(
    () => checkSignature({ ...unknown, signatureAlgorithm: undefined }, root.certificate),
    isWithheld(/algorithm is not allowed/),
  );
});

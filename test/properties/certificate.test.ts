import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { type X509SvidFields, X509SvidTemplate } from '../../server/ca/certificate-template.ts';
import { checkIssued } from '../../server/ca/check-certificate.ts';
import { uniqueId } from '../../server/credential-composer/unique-id.ts';
import { toHex } from '../../shared/bytes.ts';
import { type Certificate, parseCertificate, parseCertificates } from '../../shared/crypto/certificate.ts';
import { buildCertificate, type CertificateFields } from '../../shared/crypto/certificate-builder.ts';
import { KEY_USAGES, type KeyUsage } from '../../shared/crypto/extensions.ts';
import { subjectKeyId } from '../../shared/crypto/keys.ts';
import { distinguishedName, withAttribute } from '../../shared/crypto/names.ts';
import { Oid } from '../../shared/crypto/oids.ts';
import { KEY_TYPES } from '../../shared/crypto/signer.ts';
import { CodedError } from '../../shared/errors.ts';
import { makeLeaf, makeRoot, signerOf } from '../shared/crypto/pki.ts';
import { dnsNames, mutated, serialNumbers, spiffeIds, times } from './arbitraries.ts';

const signers = await Promise.all(KEY_TYPES.map(signerOf));
const roots = await Promise.all(
  KEY_TYPES.map((keyType) =>
    makeRoot({
      keyType,
      notBefore: new Date('1950-01-01T00:00:00Z'),
      notAfter: new Date('9999-12-31T23:59:59Z'),
    }),
  ),
);
const templates = roots.map(
  ({ signer, certificate }) => new X509SvidTemplate({ issuer: signer, issuerCertificate: certificate }),
);

const validity = fc
  .tuple(times, times)
  .map(([a, b]) => (a <= b ? { notBefore: a, notAfter: b } : { notBefore: b, notAfter: a }));

const USAGE_BITS: Readonly<Record<KeyUsage, number>> = {
  digitalSignature: x509.KeyUsageFlags.digitalSignature,
  contentCommitment: x509.KeyUsageFlags.nonRepudiation,
  keyEncipherment: x509.KeyUsageFlags.keyEncipherment,
  dataEncipherment: x509.KeyUsageFlags.dataEncipherment,
  keyAgreement: x509.KeyUsageFlags.keyAgreement,
  keyCertSign: x509.KeyUsageFlags.keyCertSign,
  crlSign: x509.KeyUsageFlags.cRLSign,
  encipherOnly: x509.KeyUsageFlags.encipherOnly,
  decipherOnly: x509.KeyUsageFlags.decipherOnly,
};

type Asked = Omit<CertificateFields, 'issuer'>;

/** What two other implementations read is what was asked. */
function checkByOthers(der: Uint8Array, asked: Asked, issuer: Certificate | undefined): void {
  const names = [
    ...(asked.uriSans ?? []).map((value) => ({ type: 'url', value })),
    ...(asked.dnsSans ?? []).map((value) => ({ type: 'dns', value })),
  ];
  checkByPeculiar(new x509.X509Certificate(der), asked, names);
  checkByNode(new X509Certificate(der), asked, issuer);
}

function checkByPeculiar(found: x509.X509Certificate, asked: Asked, names: readonly object[]): void {
  assert.equal(BigInt(`0x${found.serialNumber}`), BigInt(`0x${toHex(asked.serialNumber)}`));
  assert.deepEqual([found.notBefore, found.notAfter], [asked.notBefore, asked.notAfter]);
  assert.deepEqual(new Uint8Array(found.publicKey.rawData), asked.publicKey);
  assert.deepEqual(new Uint8Array(found.subjectName.toArrayBuffer()), asked.subject);
  assert.deepEqual(new Uint8Array(found.issuerName.toArrayBuffer()), asked.issuerName);
  const constraints = found.getExtension(x509.BasicConstraintsExtension);
  assert.deepEqual(
    [constraints?.ca, constraints?.pathLength, constraints?.critical],
    [asked.isCa, asked.pathLength, true],
  );
  const bits = asked.keyUsage.reduce((sum, usage) => sum | USAGE_BITS[usage], 0);
  const usage = found.getExtension(x509.KeyUsagesExtension);
  assert.deepEqual([usage?.usages, usage?.critical], bits === 0 ? [undefined, undefined] : [bits, true]);
  const purposes = found.getExtension(x509.ExtendedKeyUsageExtension)?.usages;
  assert.deepEqual(purposes && [...purposes], asked.extendedKeyUsage);
  assert.deepEqual(found.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [], names);
  assert.equal(found.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId, hexOf(asked.subjectKeyId));
  assert.equal(found.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId, hexOf(asked.authorityKeyId));
}

const hexOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : toHex(bytes);

function checkByNode(found: X509Certificate, asked: Asked, issuer: Certificate | undefined): void {
  assert.deepEqual([found.validFromDate, found.validToDate], [asked.notBefore, asked.notAfter]);
  assert.equal(BigInt(`0x${found.serialNumber}`), BigInt(`0x${toHex(asked.serialNumber)}`));
  assert.equal(found.ca, asked.isCa && asked.keyUsage.includes('keyCertSign')); // OpenSSL wants both
  assert.deepEqual(new Uint8Array(found.publicKey.export({ type: 'spki', format: 'der' })), asked.publicKey);
  assert.deepEqual(found.keyUsage, asked.extendedKeyUsage);
  if (issuer === undefined) return;
  const above = new X509Certificate(issuer.raw);
  assert.ok(found.verify(above.publicKey));
  assert.ok(found.checkIssued(above) || !issuer.isCa);
}

/** And what our own reader reads. */
function checkByUs(found: Certificate, asked: Asked): void {
  assert.deepEqual([...(found.keyUsage ?? [])].sort(), [...asked.keyUsage].sort());
  assert.deepEqual([found.isCa, found.pathLength], [asked.isCa, asked.pathLength]);
  assert.deepEqual([found.uriSans, found.dnsSans], [asked.uriSans ?? [], asked.dnsSans ?? []]);
  assert.deepEqual([found.notBefore, found.notAfter], [asked.notBefore, asked.notAfter]);
  assert.deepEqual(
    [found.issuer, found.subject, found.publicKey],
    [asked.issuerName, asked.subject, asked.publicKey],
  );
  assert.deepEqual(found.extendedKeyUsage, asked.extendedKeyUsage);
  assert.deepEqual([found.subjectKeyId, found.authorityKeyId], [asked.subjectKeyId, asked.authorityKeyId]);
  assert.deepEqual(found.unhandledCriticalExtensions, []);
}

const svidFields = fc.record({
  spiffeId: spiffeIds,
  dnsNames,
  publicKey: fc.constantFrom(...signers.map(({ publicKey }) => publicKey)),
  serialNumber: serialNumbers,
  valid: validity,
  composers: fc.constantFrom([], [uniqueId]),
});

/** SPIRE's profile of an SVID, spelled out. */
function profileOf(fields: X509SvidFields, issuer: Certificate): Asked {
  const [commonName] = fields.dnsNames;
  const organization = { country: ['US'], organization: ['SPIRE'] };
  const subject = distinguishedName(
    commonName === undefined ? organization : { ...organization, commonName },
  );
  const hash = createHash('sha256').update(String(fields.spiffeId)).digest().subarray(0, 16);
  return {
    ...fields,
    issuerName: issuer.subject,
    subject:
      fields.composers?.length === 1
        ? withAttribute(subject, Oid.x500UniqueIdentifier, toHex(hash))
        : subject,
    isCa: false,
    keyUsage: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
    extendedKeyUsage: [Oid.serverAuth, Oid.clientAuth],
    uriSans: [fields.spiffeId.toString()],
    dnsSans: fields.dnsNames,
    subjectKeyId: subjectKeyId(fields.publicKey),
    authorityKeyId: issuer.subjectKeyId ?? assert.fail(),
  };
}

test('every SVID, of every kind of key and authority, is read by all as it was asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...templates), svidFields, async (template, { valid, ...made }) => {
      const issuer = template.issuerCertificate;
      const fields = { ...made, ...valid };
      const der = await template.build(fields);
      checkIssued(der, { ...fields, issuer });
      const asked = profileOf(fields, issuer);
      checkByOthers(der, asked, issuer);
      checkByUs(parseCertificate(der), asked);
    }),
    { numRuns: 80 },
  );
});

const nameText = fc.string({ unit: 'grapheme', maxLength: 12 });
const name = fc
  .record({
    country: fc.constant(['US']),
    organization: fc.array(nameText, { maxLength: 2 }),
    organizationalUnit: fc.array(nameText, { maxLength: 2 }),
    commonName: nameText,
    serialNumber: fc.nat().map(String),
  })
  .map(distinguishedName);

const caFields = fc.record({
  issuerAt: fc.nat(signers.length - 1),
  subject: name,
  serialNumber: serialNumbers,
  valid: validity,
  pathLength: fc.option(fc.nat(100), { nil: undefined }),
  keyUsage: fc.subarray([...KEY_USAGES], { minLength: 1 }),
  uris: fc.array(
    spiffeIds.map((id) => id.trustDomain.id),
    { maxLength: 1 },
  ),
  names: dnsNames,
});

test('every CA certificate, self-signed or below another, is read by all as it was asked', async () => {
  await fc.assert(
    fc.asyncProperty(
      caFields,
      fc.constantFrom(...signers),
      fc.boolean(),
      async (made, subject, isSelfSigned) => {
        const above = roots[made.issuerAt] ?? assert.fail();
        const issuer = isSelfSigned ? subject : above.signer;
        const asked: CertificateFields = {
          issuer,
          issuerName: isSelfSigned ? made.subject : above.certificate.subject,
          subject: made.subject,
          publicKey: subject.publicKey,
          serialNumber: made.serialNumber,
          ...made.valid,
          isCa: true,
          ...(made.pathLength === undefined ? {} : { pathLength: made.pathLength }),
          keyUsage: made.keyUsage,
          uriSans: made.uris,
          dnsSans: made.names,
          subjectKeyId: subjectKeyId(subject.publicKey),
          ...(isSelfSigned ? {} : { authorityKeyId: above.certificate.subjectKeyId ?? assert.fail() }),
        };
        const der = await buildCertificate(asked);
        const found = parseCertificate(der);
        checkByUs(found, asked);
        checkByOthers(der, asked, isSelfSigned ? undefined : above.certificate);
        assert.ok(
          new X509Certificate(der).verify(
            new X509Certificate((isSelfSigned ? found : above.certificate).raw).publicKey,
          ),
        );
      },
    ),
    { numRuns: 80 },
  );
});

const root = await makeRoot({
  nameConstraints: { permitted: { uris: ['example.org'], dnsNames: ['example.org'] } },
});
const leaf = await makeLeaf(root, { dnsSans: ['example.org'] });

test('mutated and random bytes are read or refused, never worse', () => {
  const originals = [root, leaf].map(({ certificate }) => mutated(certificate.raw));
  fc.assert(
    fc.property(fc.oneof(...originals, fc.uint8Array({ maxLength: 1_000 })), (bytes) => {
      for (const parse of [parseCertificate, parseCertificates]) {
        try {
          parse(bytes);
        } catch (error) {
          assert.ok(error instanceof CodedError, String(error));
        }
      }
    }),
    { numRuns: 3_000 },
  );
});

test('a certificate filled with one thing to its size limit is refused', () => {
  for (const element of [
    [0x30, 0x80],
    [0x30, 0],
    [0x31, 0],
    [0x30, 0x82],
    [0xa3, 0x83],
    [2, 1],
  ]) {
    const bytes = new Uint8Array(65_536).map((_, at) => element[at % element.length] ?? 0);
    assert.throws(() => parseCertificate(bytes), CodedError);
  }
});

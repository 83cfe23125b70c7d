import 'reflect-metadata';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as PeculiarCertificate,
} from '@peculiar/x509';
import { DEFAULT_CA_CONFIG } from '../../../server/ca/ca-config.ts';
import { checkSelfSigned, makeSelfSigned } from '../../../server/ca/self-signed.ts';
import { toHex } from '../../../shared/bytes.ts';
import { parseCertificate } from '../../../shared/crypto/certificate.ts';
import { buildCertificate, type CertificateFields } from '../../../shared/crypto/certificate-builder.ts';
import { subjectKeyId } from '../../../shared/crypto/keys.ts';
import { distinguishedName } from '../../../shared/crypto/names.ts';
import type { KeyType, Signer } from '../../../shared/crypto/signer.ts';
import { Code } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { isRefusal } from '../../refusal.ts';
import { FakeKeyManager } from '../../fakes/key-manager.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { trustDomain } from './ca-testbed.ts';

const now = new Date('2026-01-01T00:00:00.700Z');
const newSigner = (type: KeyType = 'ec-p256'): Promise<Signer> => new FakeKeyManager().generateKey('k', type);

const make = async (signer: Signer) =>
  makeSelfSigned({
    signer,
    subject: DEFAULT_CA_CONFIG.subject,
    trustDomain,
    ttlSeconds: 86_400,
    now,
    random: new FakeRandom(),
  });

for (const type of ['ec-p256', 'ec-p384', 'rsa-2048'] as const) {
  test(`a self-signed ${type} authority has SPIRE's profile, as other readers see it`, async () => {
    const signer = await newSigner(type);
    const { raw } = await make(signer);
    const seen = new PeculiarCertificate(Buffer.from(raw));
    const node = new X509Certificate(raw);

    assert.equal(seen.subject, seen.issuer);
    assert.equal(seen.subject, `C=US, O=SPIFFE, 2.5.4.5=${BigInt(`0x${seen.serialNumber}`)}`);
    assert.equal(seen.notBefore.toISOString(), '2025-12-31T23:59:50.000Z');
    assert.equal(seen.notAfter.toISOString(), '2026-01-02T00:00:00.000Z');
    assert.equal(node.subjectAltName, 'URI:spiffe://example.org');
    assert.equal(node.ca, true);
    assert.equal(node.verify(node.publicKey), true);
    assert.deepEqual(
      new Uint8Array(node.publicKey.export({ type: 'spki', format: 'der' })),
      signer.publicKey,
    );

    const usage = seen.getExtension(KeyUsagesExtension);
    assert.equal(usage?.critical, true);
    assert.equal(usage?.usages, KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign);
    const constraints = seen.getExtension(BasicConstraintsExtension);
    assert.deepEqual(
      [constraints?.critical, constraints?.ca, constraints?.pathLength],
      [true, true, undefined],
    );
    assert.equal(seen.getExtension(SubjectAlternativeNameExtension)?.critical, false);
    assert.equal(
      seen.getExtension(SubjectKeyIdentifierExtension)?.keyId,
      toHex(subjectKeyId(signer.publicKey)),
    );
    assert.equal(seen.extensions.length, 4);
  });
}

test('the subject is the configured one', async () => {
  const subject = { country: ['DE', 'FR'], organization: ['Größe'], commonName: 'ours' };
  const signer = await newSigner();
  const { raw } = await makeSelfSigned({
    signer,
    subject,
    trustDomain,
    ttlSeconds: 60,
    now,
    random: new FakeRandom(),
  });
  assert.match(new X509Certificate(raw).subject, /C=DE\+C=FR|C=DE \+ C=FR/);
  assert.match(new X509Certificate(raw).subject, /O=Größe[\s\S]*CN=ours[\s\S]*serialNumber=\d+/);
});

test('two authorities never share a serial number or a name', async () => {
  const random = new FakeRandom();
  const request = {
    signer: await newSigner(),
    subject: DEFAULT_CA_CONFIG.subject,
    trustDomain,
    ttlSeconds: 60,
    now,
    random,
  };
  const [one, other] = [await makeSelfSigned(request), await makeSelfSigned(request)];
  assert.notDeepEqual(one.serialNumber, other.serialNumber);
  assert.notDeepEqual(one.subject, other.subject);
});

test('withholds an authority whose signature is not its own', async () => {
  const [signer, thief] = [await newSigner(), await newSigner()];
  await assert.rejects(
    make({ ...signer, sign: (message) => thief.sign(message) }),
    isRefusal(Code.internal, /signature/),
  );
});

const signer = await newSigner();
const name = distinguishedName({ organization: ['SPIFFE'] });
const good: CertificateFields = {
  issuer: signer,
  issuerName: name,
  subject: name,
  publicKey: signer.publicKey,
  serialNumber: Uint8Array.of(7),
  notBefore: now,
  notAfter: new Date(now.getTime() + 60_000),
  isCa: true,
  keyUsage: ['keyCertSign', 'crlSign'],
  uriSans: ['spiffe://example.org'],
  subjectKeyId: subjectKeyId(signer.publicKey),
};
const { subjectKeyId: _keyId, ...withoutKeyId } = good;

test('finds nothing wrong with an authority of the profile', async () => {
  checkSelfSigned(parseCertificate(await buildCertificate(good)), trustDomain);
});

const wrong: readonly (readonly [string, CertificateFields, RegExp])[] = [
  ['a leaf', { ...good, isCa: false }, /CA flag/],
  ['a path length', { ...good, pathLength: 0 }, /CA flag/],
  ['digitalSignature', { ...good, keyUsage: ['digitalSignature', 'keyCertSign', 'crlSign'] }, /key usage/],
  ['no cRLSign', { ...good, keyUsage: ['keyCertSign'] }, /key usage/],
  ['an extended key usage', { ...good, extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] }, /extended key usage/],
  ['no SPIFFE ID', { ...good, uriSans: [] }, /SPIFFE ID/],
  ['the SPIFFE ID of another trust domain', { ...good, uriSans: ['spiffe://example.com'] }, /SPIFFE ID/],
  ['a SPIFFE ID with a path', { ...good, uriSans: ['spiffe://example.org/ca'] }, /SPIFFE ID/],
  ['two URIs', { ...good, uriSans: ['spiffe://example.org', 'spiffe://example.org'] }, /SPIFFE ID/],
  ['a DNS name', { ...good, dnsSans: ['example.org'] }, /other names/],
  ['another issuer', { ...good, issuerName: distinguishedName({ organization: ['x'] }) }, /issuer/],
  ['no key identifier', withoutKeyId, /key identifier/],
  ['a wrong key identifier', { ...good, subjectKeyId: new Uint8Array(20) }, /key identifier/],
  ['the signature of another key', { ...good, issuer: await newSigner() }, /signature/],
];
for (const [what, fields, words] of wrong) {
  test(`refuses an authority with ${what}`, async () => {
    const certificate = parseCertificate(await buildCertificate(fields));
    assert.throws(() => checkSelfSigned(certificate, trustDomain), words);
  });
}

test('refuses an authority of another trust domain', async () => {
  assert.throws(() => checkSelfSigned(parseCertificate(new Uint8Array()), trustDomain), /malformed/);
  const certificate = await make(await newSigner());
  assert.throws(() => checkSelfSigned(certificate, TrustDomain.parse('example.com')), /SPIFFE ID/);
});

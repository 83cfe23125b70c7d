import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { X509SvidTemplate } from '../../../server/ca/certificate-template.ts';
import { issueX509Svid } from '../../../server/ca/issue-x509-svid.ts';
import { type Certificate, parseCertificate } from '../../../shared/crypto/certificate.ts';
import { verifyChain } from '../../../shared/crypto/chain.ts';
import { buildCsr } from '../../../shared/crypto/csr.ts';
import { distinguishedName } from '../../../shared/crypto/names.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { Code } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { isRefusal } from '../../refusal.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { edit, without } from '../../shared/crypto/edit-certificate.ts';
import { makeRoot, NOT_AFTER, NOW, signerOf } from '../../shared/crypto/pki.ts';

const root = await makeRoot();
const template = new X509SvidTemplate({ issuer: root.signer, issuerCertificate: root.certificate });
const workload = await signerOf('ec-p256');
const asked = {
  spiffeId: SpiffeId.parse('spiffe://example.org/web'),
  dnsNames: ['web.example.org', 'web'],
  publicKey: workload.publicKey,
  serialNumber: Uint8Array.of(0xab, 1),
  notBefore: new Date('2026-01-01T11:59:50.500Z'),
  notAfter: new Date('2026-01-01T13:00:00.900Z'),
};

test('builds SPIRE’s profile, field by field', async () => {
  const svid = parseCertificate(await template.build(asked));
  assert.deepEqual(svid.serialNumber, asked.serialNumber);
  assert.deepEqual(svid.issuer, root.certificate.subject);
  assert.deepEqual(
    svid.subject,
    distinguishedName({ country: ['US'], organization: ['SPIRE'], commonName: 'web.example.org' }),
  );
  assert.deepEqual(svid.publicKey, workload.publicKey);
  assert.deepEqual([...(svid.keyUsage ?? [])], ['digitalSignature', 'keyEncipherment', 'keyAgreement']);
  assert.deepEqual(svid.extendedKeyUsage, [Oid.serverAuth, Oid.clientAuth]);
  assert.deepEqual([svid.hasBasicConstraints, svid.isCa], [true, false]);
  assert.deepEqual(svid.authorityKeyId, root.certificate.subjectKeyId);
  assert.deepEqual(svid.uriSans, ['spiffe://example.org/web']);
  assert.deepEqual(svid.dnsSans, asked.dnsNames);
  const critical = svid.extensions.filter(({ isCritical }) => isCritical).map(({ oid }) => oid);
  assert.deepEqual(critical, [Oid.keyUsage, Oid.basicConstraints]);
  assert.equal(svid.extensions.length, 6);
});

test('cuts times to whole seconds', async () => {
  const svid = parseCertificate(await template.build(asked));
  assert.equal(svid.notBefore.toISOString(), '2026-01-01T11:59:50.000Z');
  assert.equal(svid.notAfter.toISOString(), '2026-01-01T13:00:00.000Z');
});

test('leaves the common name out where there are no DNS names', async () => {
  const svid = parseCertificate(await template.build({ ...asked, dnsNames: [] }));
  assert.deepEqual(svid.subject, distinguishedName({ country: ['US'], organization: ['SPIRE'] }));
});

for (const keyType of ['ec-p256', 'ec-p384', 'rsa-2048'] as const) {
  test(`an SVID of a ${keyType} authority is verified by node and by our own path validation`, async () => {
    const authority = await makeRoot({ keyType });
    const der = await new X509SvidTemplate({
      issuer: authority.signer,
      issuerCertificate: authority.certificate,
    }).build(asked);
    assert.ok(new X509Certificate(der).verify(new X509Certificate(authority.certificate.raw).publicKey));
    assert.equal(
      verifyChain({ chain: [parseCertificate(der)], roots: [authority.certificate], at: NOW }).length,
      2,
    );
  });
}

test('refuses a certificate that is not of the key, or that has no key identifier', async () => {
  const other = await makeRoot();
  const make = (issuerCertificate: Certificate) => () =>
    new X509SvidTemplate({ issuer: root.signer, issuerCertificate });
  assert.throws(make(other.certificate), isRefusal(Code.internal, /not of the CA key/));
  const bare = parseCertificate(
    edit(root.certificate.raw, ({ extensions }) => ({ extensions: without(extensions, Oid.subjectKeyId) })),
  );
  assert.throws(make(bare), isRefusal(Code.internal, /no subject key identifier/));
});

const csr = await buildCsr(workload, {
  spiffeId: SpiffeId.parse('spiffe://example.org/else'),
  dnsNames: ['else'],
});
const issuing = { template, csr, random: new FakeRandom(), ...asked };

test('issues for the key of a CSR and nothing else that stands in it', async () => {
  const svid = parseCertificate(await issueX509Svid(issuing));
  assert.deepEqual(svid.publicKey, workload.publicKey);
  assert.deepEqual(svid.uriSans, ['spiffe://example.org/web']);
  assert.deepEqual(svid.dnsSans, asked.dnsNames);
});

test('gives each SVID a serial number of its own, of 128 bits', async () => {
  const random = new FakeRandom(7);
  const serials = await Promise.all(
    Array.from(
      { length: 20 },
      async () => parseCertificate(await issueX509Svid({ ...issuing, random })).serialNumber,
    ),
  );
  assert.equal(new Set(serials.map(String)).size, 20);
  assert.ok(serials.every(({ length }) => length > 12 && length <= 16));
});

test('refuses a CSR that is malformed or signed by another key', async () => {
  await assert.rejects(
    issueX509Svid({ ...issuing, csr: csr.subarray(1) }),
    isRefusal(Code.invalidArgument, /CSR is malformed/),
  );
  const otherBit = csr.with(csr.length - 1, (csr[csr.length - 1] ?? 0) ^ 1);
  await assert.rejects(
    issueX509Svid({ ...issuing, csr: otherBit }),
    isRefusal(Code.invalidArgument, /CSR signature is invalid/),
  );
});

test('refuses to outlive the authority', async () => {
  const late = issueX509Svid({ ...issuing, notAfter: new Date(NOT_AFTER.getTime() + 1_000) });
  await assert.rejects(late, isRefusal(Code.internal, /end of validity, past that of its issuer/));
});

test('refuses DNS names that a certificate cannot hold', async () => {
  await assert.rejects(issueX509Svid({ ...issuing, dnsNames: ['é'] }), /printable ASCII/);
});

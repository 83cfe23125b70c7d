/**
 * CSR in, checked certificate out, per core, by the function that the server calls. The limit is what the runtime takes
 * for the cryptography alone: one P-256 verify and one sign of node:crypto, key objects ready, in the same process.
 * Both are counted in CPU time, so that other work on the machine and the second core do not show.
 */
import { X509SvidTemplate } from '../../server/ca/certificate-template.ts';
import { issueX509Svid } from '../../server/ca/issue-x509-svid.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { buildCertificate } from '../../shared/crypto/certificate-builder.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import { generateKeyPair, keySigner, subjectKeyId } from '../../shared/crypto/keys.ts';
import { distinguishedName } from '../../shared/crypto/names.ts';
import { systemRandom } from '../../shared/random.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Report } from './report.ts';
import { batchOf, costOf, type Deed, verifyAndSign } from './rig/bare-crypto.ts';

const BENCH = 'x509-issue';
const BATCH = 100; // an agent asks for up to 500 at once
const WARM_UP_ROUNDS = 20;
const ROUNDS = 8;
const BATCHES = { size: BATCH, count: 10 };

/** The best of several rounds of each, taken in turn: what disturbs a round is not part of either. */
export async function run(report: Report): Promise<void> {
  const issue = await issuing();
  const limit = verifyAndSign();
  for (let i = 0; i < WARM_UP_ROUNDS; i++) await Promise.all([batchOf(issue, BATCH), batchOf(limit, BATCH)]);
  let best = {
    issue: Number.POSITIVE_INFINITY,
    limit: Number.POSITIVE_INFINITY,
    wallMs: Number.POSITIVE_INFINITY,
  };
  for (let i = 0; i < ROUNDS; i++) {
    const alone = await costOf(limit, BATCHES);
    const whole = await costOf(issue, BATCHES);
    best = {
      limit: Math.min(best.limit, alone.cpuSeconds),
      issue: Math.min(best.issue, whole.cpuSeconds),
      wallMs: Math.min(best.wallMs, whole.wallMs),
    };
  }
  const rates = { value: 1 / best.issue, limit: 1 / best.limit };
  report.add({ bench: BENCH, metric: 'rate', unit: '1/s', ...rates, ratio: rates.value / rates.limit });
  report.add({ bench: BENCH, metric: 'rate-all-cores', unit: '1/s', value: 1_000 / best.wallMs });
}

async function issuing(): Promise<Deed> {
  const template = await makeTemplate();
  const csr = await buildCsr(keySigner((await generateKeyPair('ec-p256')).privateKey));
  const spiffeId = SpiffeId.parse('spiffe://example.org/ns/prod/sa/checkout');
  const { notBefore } = template.issuerCertificate;
  const notAfter = new Date(notBefore.getTime() + 3_600_000);
  return () =>
    issueX509Svid({ template, csr, spiffeId, dnsNames: [], notBefore, notAfter, random: systemRandom });
}

async function makeTemplate(): Promise<X509SvidTemplate> {
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const issuer = keySigner(privateKey);
  const name = distinguishedName({ country: ['US'], organization: ['SPIFFE'], serialNumber: '1' });
  const certificate = await buildCertificate({
    issuer,
    issuerName: name,
    subject: name,
    publicKey,
    serialNumber: Uint8Array.of(1),
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2026-01-02T00:00:00Z'),
    isCa: true,
    keyUsage: ['keyCertSign', 'crlSign'],
    uriSans: ['spiffe://example.org'],
    subjectKeyId: subjectKeyId(publicKey),
  });
  return new X509SvidTemplate({ issuer, issuerCertificate: parseCertificate(certificate) });
}

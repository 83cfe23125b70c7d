/**
 * One X509-SVID, from a CSR to a certificate that has been looked at: the path that everything else here exists for.
 * Called by api/svid/batch-new-x509-svid, api/agent/{attest,renew}-agent and listen/own-svid.
 */
import { parseCsr, verifyCsr } from '../../shared/crypto/csr.ts';
import type { Random } from '../../shared/random.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { X509SvidTemplate } from './certificate-template.ts';
import { checkIssued } from './check-certificate.ts';

export interface IssueX509Svid {
  readonly template: X509SvidTemplate;
  /** PKCS#10, DER: only its public key is used. */
  readonly csr: Uint8Array;
  readonly spiffeId: SpiffeId;
  readonly dnsNames: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly random: Random;
}

/** The certificate, DER. Rejects with InvalidArgument on a bad CSR, with Internal when the certificate is not what was asked for. */
export async function issueX509Svid({ template, csr, random, ...asked }: IssueX509Svid): Promise<Uint8Array> {
  const request = parseCsr(csr);
  await verifyCsr(request);
  const fields = { ...asked, publicKey: request.publicKey, serialNumber: newSerialNumber(random) };
  const certificate = await template.build(fields);
  checkIssued(certificate, { ...fields, issuer: template.issuerCertificate });
  return certificate;
}

const SERIAL_BYTES = 16; // SPIRE: 128 random bits

/** RFC 5280 4.1.2.2: positive. The chance that it is not is 2^-128; a random source that makes one is broken. */
function newSerialNumber(random: Random): Uint8Array {
  for (;;) {
    const serialNumber = random.bytes(SERIAL_BYTES);
    if (serialNumber.some((byte) => byte !== 0)) return serialNumber;
  }
}

/**
 * One X509-SVID, from a CSR to a certificate that has been looked at: the path that everything else here exists for.
 * Called by x509-ca for workloads and agents.
 */
import { parseCsr, verifyCsr } from '../../shared/crypto/csr.ts';
import type { Random } from '../../shared/random.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { CredentialComposer } from '../credential-composer/credential-composer.ts';
import type { X509SvidTemplate } from './certificate-template.ts';
import { checkIssued } from './check-certificate.ts';
import { newSerialNumber } from './serial-number.ts';

export interface IssueX509Svid {
  readonly template: X509SvidTemplate;
  /** PKCS#10, DER: only its public key is used; what else is believed of it comes in the other fields. */
  readonly csr: Uint8Array;
  readonly spiffeId: SpiffeId;
  readonly dnsNames: readonly string[];
  readonly subject?: Uint8Array;
  readonly composers?: readonly CredentialComposer[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly random: Random;
}

/**
 * The certificate, DER. Rejects with InvalidArgument on a bad CSR, with Internal when the certificate is not what was asked for.
 *
 * DIVERGES: SPIRE does not check the signature of an agent's CSR. Here nobody gets a certificate for a key that he has
 * not shown to hold.
 */
export async function issueX509Svid({ template, csr, random, ...asked }: IssueX509Svid): Promise<Uint8Array> {
  const request = parseCsr(csr);
  await verifyCsr(request);
  const fields = { ...asked, publicKey: request.publicKey, serialNumber: newSerialNumber(random) };
  const certificate = await template.build(fields);
  checkIssued(certificate, { ...fields, issuer: template.issuerCertificate });
  return certificate;
}

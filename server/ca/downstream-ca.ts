/** A CA certificate for a server below ours, which signs SVIDs of the same trust domain (SPIRE's nested servers). Called by x509-ca. */
import { bytesEqual } from '../../shared/bytes.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { buildCertificate } from '../../shared/crypto/certificate-builder.ts';
import { subjectKeyId } from '../../shared/crypto/keys.ts';
import { withAttribute } from '../../shared/crypto/names.ts';
import { Oid } from '../../shared/crypto/oids.ts';
import { checkWorkloadKey } from '../../shared/crypto/public-key.ts';
import { internal } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { type CaAuthority, chainAbove } from './authorities.ts';
import { checkIssuingChain } from './issuing-chain.ts';
import { CA_KEY_USAGE } from './self-signed.ts';
import { newSerialNumber } from './serial-number.ts';

export interface DownstreamCaRequest {
  readonly issuer: CaAuthority;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly now: Date;
  readonly trustDomain: TrustDomain;
  readonly random: Random;
}

/**
 * The chain, DER: the new certificate, then what is above it without the root. Throws InvalidArgument on a key that nothing
 * may be signed for, or where what is above allows no further CA; Internal when it is not what was asked for.
 */
export async function makeDownstreamCa(
  request: DownstreamCaRequest,
): Promise<readonly [Uint8Array, ...Uint8Array[]]> {
  const { issuer, publicKey, notBefore, notAfter, now, trustDomain, random } = request;
  checkWorkloadKey(publicKey);
  if (bytesEqual(publicKey, issuer.signer.publicKey)) throw internal('CSR is for the key of the CA itself');
  const above = chainAbove(issuer);
  const serialNumber = newSerialNumber(random);
  const { certificate } = issuer;
  // SPIRE: not for the downstream server to choose; the number is how deep it stands
  const level = `DOWNSTREAM-${Math.max(1, above.length)}`;
  const der = await buildCertificate({
    issuer: issuer.signer,
    issuerName: certificate.subject,
    subject: withAttribute(certificate.subject, Oid.organizationalUnit, level),
    publicKey,
    serialNumber,
    notBefore,
    notAfter,
    isCa: true,
    keyUsage: CA_KEY_USAGE,
    uriSans: [trustDomain.id],
    subjectKeyId: subjectKeyId(publicKey),
    ...(certificate.subjectKeyId === undefined ? {} : { authorityKeyId: certificate.subjectKeyId }),
  });
  const made = parseCertificate(der);
  const chain = [made, ...above.map(parseCertificate)];
  const roots = issuer.upstream === undefined ? [certificate] : issuer.upstream.roots.map(parseCertificate);
  checkIssuingChain({ chain, roots, trustDomain, at: now, casBelow: 0 });
  if (!bytesEqual(made.publicKey, publicKey) || !bytesEqual(made.serialNumber, serialNumber))
    throw internal('downstream CA certificate is not what was asked for');
  return [der, ...above];
}

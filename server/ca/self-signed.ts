/** A root certificate for a key of ours, and the look at it that follows. Called by ca/rotating-authorities and ca/resume. */
import { bytesEqual, toDecimal } from '../../shared/bytes.ts';
import { addSeconds, toSeconds } from '../../shared/clock.ts';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { buildCertificate } from '../../shared/crypto/certificate-builder.ts';
import type { KeyUsage } from '../../shared/crypto/extensions.ts';
import { subjectKeyId } from '../../shared/crypto/keys.ts';
import { distinguishedName } from '../../shared/crypto/names.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import { internal } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { BACKDATE_SECONDS, type CaSubject } from './ca-config.ts';
import { checkSignature } from './check-certificate.ts';
import { newSerialNumber } from './serial-number.ts';

/** Of every CA certificate of ours (X509-SVID 4.3). */
export const CA_KEY_USAGE: readonly KeyUsage[] = ['keyCertSign', 'crlSign'];

export interface SelfSignedRequest {
  readonly signer: Signer;
  readonly subject: CaSubject;
  readonly trustDomain: TrustDomain;
  readonly ttlSeconds: number;
  readonly now: Date;
  readonly random: Random;
}

/** The root certificate, read back and checked; throws Internal when it is not what was asked for. */
export async function makeSelfSigned(request: SelfSignedRequest): Promise<Certificate> {
  const { signer, subject, trustDomain, ttlSeconds, now } = request;
  const serialNumber = newSerialNumber(request.random);
  // The serial number in the subject keeps the issuers' names of one trust domain apart.
  const name = distinguishedName({ ...subject, serialNumber: toDecimal(serialNumber) });
  const notBefore = toSeconds(addSeconds(now, -BACKDATE_SECONDS));
  const notAfter = toSeconds(addSeconds(now, ttlSeconds));
  const der = await buildCertificate({
    issuer: signer,
    issuerName: name,
    subject: name,
    publicKey: signer.publicKey,
    serialNumber,
    notBefore,
    notAfter,
    isCa: true,
    keyUsage: CA_KEY_USAGE,
    uriSans: [trustDomain.id],
    subjectKeyId: subjectKeyId(signer.publicKey),
  });
  const certificate = parseCertificate(der);
  checkSelfSigned(certificate, trustDomain);
  requireAll({
    'serial number': bytesEqual(certificate.serialNumber, serialNumber),
    subject: bytesEqual(certificate.subject, name),
    'public key': bytesEqual(certificate.publicKey, signer.publicKey),
    'begin of validity': certificate.notBefore.getTime() === notBefore.getTime(),
    'end of validity': certificate.notAfter.getTime() === notAfter.getTime(),
  });
  return certificate;
}

/** Throws Internal unless this is a root certificate as makeSelfSigned makes them (X509-SVID 4, RFC 5280 4.2). */
export function checkSelfSigned(certificate: Certificate, trustDomain: TrustDomain): void {
  const { keyUsage, uriSans } = certificate;
  requireAll({
    'CA flag': certificate.isCa && certificate.pathLength === undefined,
    'key usage':
      certificate.isKeyUsageCritical &&
      keyUsage?.size === CA_KEY_USAGE.length &&
      CA_KEY_USAGE.every((one) => keyUsage.has(one)),
    'extended key usage': certificate.extendedKeyUsage === undefined,
    'SPIFFE ID': uriSans.length === 1 && uriSans[0] === trustDomain.id,
    'other names': certificate.dnsSans.length === 0 && certificate.otherSanCount === 0,
    issuer: bytesEqual(certificate.issuer, certificate.subject),
    'key identifier':
      certificate.subjectKeyId !== undefined &&
      bytesEqual(certificate.subjectKeyId, subjectKeyId(certificate.publicKey)),
    'critical extensions': certificate.unhandledCriticalExtensions.length === 0,
  });
  checkSignature(certificate, certificate);
}

function requireAll(claims: Readonly<Record<string, boolean>>): void {
  const wrong = Object.keys(claims).filter((what) => claims[what] !== true);
  if (wrong.length > 0) throw internal(`CA certificate is not what it should be: wrong ${wrong.join(', ')}`);
}

/**
 * The last look: a certificate about to leave is read back and must say what was asked, all of it and nothing else.
 * Called by issue-x509-svid on every SVID, and by the CA on its own certificates (checkSignature).
 */
import { bytesEqual } from '../../shared/bytes.ts';
import { toSeconds } from '../../shared/clock.ts';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { subjectKeyId } from '../../shared/crypto/keys.ts';
import { Oid } from '../../shared/crypto/oids.ts';
import { importPublicKey, readPublicKey } from '../../shared/crypto/public-key.ts';
import { checkKeyFits, isSignatureValid } from '../../shared/crypto/signature-algorithms.ts';
import { type CodedError, internal, messageOf } from '../../shared/errors.ts';
import { LEAF_KEY_USAGES, LEAF_PURPOSES, leafSubject, type X509SvidFields } from './certificate-template.ts';

export interface ExpectedSvid extends X509SvidFields {
  readonly issuer: Certificate;
}

/** The profile's extensions in their order, and whether each is critical (X509-SVID 4, RFC 5280 4.2). */
const EXTENSIONS: readonly string[] = [
  `${Oid.keyUsage} critical`,
  `${Oid.extendedKeyUsage}`,
  `${Oid.basicConstraints} critical`,
  `${Oid.subjectKeyId}`,
  `${Oid.authorityKeyId}`,
  `${Oid.subjectAltName}`,
];

type Claim = (found: Certificate, expected: ExpectedSvid) => boolean;

/** What must hold, by the name of the field. */
const CLAIMS: Readonly<Record<string, Claim>> = {
  'serial number': (found, { serialNumber }) => isSameNumber(found.serialNumber, serialNumber),
  'signature algorithm': (found) => found.signatureAlgorithm !== undefined,
  issuer: (found, { issuer }) => bytesEqual(found.issuer, issuer.subject),
  subject: (found, expected) => bytesEqual(found.subject, leafSubject(expected)),
  'start of validity': (found, { notBefore }) => isSameSecond(found.notBefore, notBefore),
  'end of validity': (found, { notAfter }) => isSameSecond(found.notAfter, notAfter),
  'end of validity, past that of its issuer,': (found, { issuer }) => found.notAfter <= issuer.notAfter,
  'public key': (found, { publicKey }) => bytesEqual(found.publicKey, publicKey),
  extensions: (found) => isSameList(found.extensions.map(describe), EXTENSIONS),
  'basic constraints': (found) => !found.isCa && found.hasBasicConstraints && found.pathLength === undefined,
  'key usage': ({ keyUsage }) =>
    keyUsage?.size === LEAF_KEY_USAGES.length && LEAF_KEY_USAGES.every((usage) => keyUsage.has(usage)),
  'extended key usage': ({ extendedKeyUsage = [] }) => isSameList(extendedKeyUsage, LEAF_PURPOSES),
  'SPIFFE ID': (found, { spiffeId }) => isSameList(found.uriSans, [spiffeId.toString()]),
  'DNS names': (found, { dnsNames }) => isSameList(found.dnsSans, dnsNames),
  'other names': (found) => found.otherSanCount === 0,
  'subject key identifier': (found, { publicKey }) =>
    isSameBytes(found.subjectKeyId, subjectKeyId(publicKey)),
  'authority key identifier': (found, { issuer }) => isSameBytes(found.authorityKeyId, issuer.subjectKeyId),
};

/** Throws Internal, naming the field, unless the certificate is exactly the SVID that was asked for. */
export function checkIssued(der: Uint8Array, expected: ExpectedSvid): void {
  const found = readBack(der);
  for (const [field, holds] of Object.entries(CLAIMS)) {
    if (!holds(found, expected)) throw refused(`its ${field} is not what was asked for`);
  }
}

/** Throws Internal unless `certificate` is signed by `issuer`: for CA certificates, where there is time for it. */
export function checkSignature(certificate: Certificate, issuer: Certificate): void {
  const { signatureAlgorithm: algorithm, tbs: message, signature } = certificate;
  if (algorithm === undefined) throw refused('its signature algorithm is not allowed');
  checkKeyFits(algorithm, readPublicKey(issuer.publicKey).kind);
  if (!isSignatureValid({ algorithm, publicKey: importPublicKey(issuer.publicKey), message, signature })) {
    throw refused('its signature is not valid');
  }
}

function readBack(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    throw refused(messageOf(cause), cause);
  }
}

const refused = (why: string, cause?: unknown): CodedError =>
  internal(`issued certificate is withheld: ${why}`, cause === undefined ? {} : { cause });

const describe = (extension: { oid: string; isCritical: boolean }): string =>
  extension.isCritical ? `${extension.oid} critical` : extension.oid;

const isSameSecond = (found: Date, wanted: Date): boolean => found.getTime() === toSeconds(wanted).getTime();

const isSameBytes = (found: Uint8Array | undefined, wanted: Uint8Array | undefined): boolean =>
  found !== undefined && wanted !== undefined && bytesEqual(found, wanted);

const isSameList = (found: readonly string[], wanted: readonly string[]): boolean =>
  found.length === wanted.length && found.every((each, at) => each === wanted[at]);

/** Leading zeros of what was asked for do not count: they are not in the certificate. */
function isSameNumber(found: Uint8Array, wanted: Uint8Array): boolean {
  const leadingZeros = wanted.findIndex((byte) => byte !== 0);
  return leadingZeros >= 0 && bytesEqual(found, wanted.subarray(leadingZeros));
}

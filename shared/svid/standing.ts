/**
 * What a bundle says of the authority that signed an SVID, so that SVIDs of tainted and revoked authorities are replaced.
 * Told apart by names, without looking at signatures: for SVIDs that were verified when they came. Called by both halves.
 */
import type { X509Authority } from '../bundle/bundle.ts';
import { bytesEqual } from '../bytes.ts';
import { type Certificate, parseCertificate } from '../crypto/certificate.ts';
import { findAuthority } from './x509-authority.ts';

/** `gone`: the bundle does not hold it any more. */
export type Standing = 'good' | 'tainted' | 'gone';

/** `chain`: DER, leaf first, without the root. Throws InvalidArgument when it is empty or cannot be read. */
export function standingOf(chain: readonly Uint8Array[], authorities: readonly X509Authority[]): Standing {
  const last = parseCertificate(chain.at(-1) ?? new Uint8Array());
  const signers = authorities.filter(({ certificate }) => hasSigned(findAuthority(certificate), last));
  if (signers.length === 0) return 'gone';
  return signers.every(({ tainted }) => tainted) ? 'tainted' : 'good';
}

/** By the name of the issuer, and its key identifier where both have one (RFC 5280 4.2.1.1). */
const hasSigned = (authority: Certificate | undefined, signed: Certificate): boolean =>
  authority !== undefined &&
  bytesEqual(authority.subject, signed.issuer) &&
  (authority.subjectKeyId === undefined ||
    signed.authorityKeyId === undefined ||
    bytesEqual(authority.subjectKeyId, signed.authorityKeyId));

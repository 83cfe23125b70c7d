/**
 * The way from a CA certificate that signs SVIDs up to its root: whether everybody will believe what is signed below.
 * Called for CAs that somebody else signed: by ca/upstream-signed, by upstream authorities on their own certificates.
 */
import { bytesEqual } from '../../shared/bytes.ts';
import type { Certificate } from '../../shared/crypto/certificate.ts';
import { checkSigned, verifyChain } from '../../shared/crypto/chain.ts';
import { checkNames } from '../../shared/crypto/name-constraints.ts';
import { Oid } from '../../shared/crypto/oids.ts';
import { invalidArgument, messageOf } from '../../shared/errors.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { checkSigningCertificate } from '../../shared/svid/x509-svid.ts';
import { LEAF_PURPOSES } from './certificate-template.ts';

const INTERMEDIATES_MAX = 8; // SDKs take chains of 16 with the SVID, and servers below may add theirs
const ROOTS_MAX = 100;
const BYTES_MAX = 262_144; // in a journal, twice, and in every bundle

export interface IssuingChainRequest {
  /** The CA certificate; the others in any order, with or without the root. */
  readonly chain: readonly Certificate[];
  readonly roots: readonly Certificate[];
  readonly trustDomain: TrustDomain;
  readonly at: Date;
  /** How many CAs are going to stand between this one and an SVID. */
  readonly casBelow: number;
}

export interface IssuingChain {
  /** The CA certificate, then those between it and the root: never the root, unless it is the CA itself. */
  readonly certificates: readonly Certificate[];
  /** That at the end of the chain first. */
  readonly roots: readonly Certificate[];
}

/** Throws InvalidArgument, naming the rule, where an SVID below the CA would not be believed by everybody. */
export function checkIssuingChain(request: IssuingChainRequest): IssuingChain {
  checkSizes(request);
  const { chain, roots, at } = request;
  const path = verifyChain({ chain, roots, at });
  path.forEach((certificate, index) => checkOnPath(certificate, index, request));
  const root = path.at(-1);
  if (root === undefined) throw invalidArgument('certificate chain is empty');
  if (bytesEqual(root.subject, root.issuer)) checkSigned(root, root); // no path asks for it
  const certificates = path.length === 1 ? path : path.slice(0, -1);
  for (const certificate of certificates) checkSigningCertificate(certificate);
  return { certificates, roots: [root, ...roots.filter(({ raw }) => !bytesEqual(raw, root.raw))] };
}

function checkSizes({ chain, roots }: IssuingChainRequest): void {
  if (chain.length > INTERMEDIATES_MAX + 1)
    throw invalidArgument(`there are more than ${INTERMEDIATES_MAX} intermediate certificates`);
  if (roots.length > ROOTS_MAX) throw invalidArgument(`there are more than ${ROOTS_MAX} root certificates`);
  const bytes = [...chain, ...roots].reduce((sum, { raw }) => sum + raw.length, 0);
  if (bytes > BYTES_MAX) throw invalidArgument(`certificates are longer than ${BYTES_MAX} bytes together`);
}

/** `index`: 0 for the CA itself. */
function checkOnPath(
  { isCa, pathLength, extendedKeyUsage, nameConstraints, subjectKeyId }: Certificate,
  index: number,
  { trustDomain, casBelow }: IssuingChainRequest,
): void {
  const which = index === 0 ? 'CA certificate' : `certificate ${index} above the CA's`;
  if (!isCa) throw invalidArgument(`${which} is not a CA`);
  if (subjectKeyId === undefined && index === 0)
    throw invalidArgument(`${which} has no subject key identifier`);
  const below = index + casBelow;
  if (pathLength !== undefined && pathLength < below)
    throw invalidArgument(`${which} allows ${pathLength} CAs below it, not ${below}`);
  // Read as Go, NSS and Windows read it: purposes of a CA narrow those of all below it
  const lacks = LEAF_PURPOSES.some((purpose) => extendedKeyUsage?.includes(purpose) === false);
  if (lacks && extendedKeyUsage?.includes(Oid.anyExtendedKeyUsage) !== true)
    throw invalidArgument(`${which} has extended key usages without serverAuth and clientAuth`);
  if (nameConstraints === undefined) return;
  try {
    checkNames(nameConstraints, { uriSans: [`${trustDomain.id}/workload`], dnsSans: [] });
  } catch (cause) {
    throw invalidArgument(`${which} does not allow SPIFFE IDs of ${trustDomain.name}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

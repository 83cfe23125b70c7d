/**
 * X509-SVIDs: read, and verified against the bundle of their own trust domain (X509-SVID 2 to 5). Called by both sides
 * of TLS, by the agent on what a server sends, by the client library.
 */
import { toDecimal } from '../bytes.ts';
import { type Certificate, parseCertificate } from '../crypto/certificate.ts';
import { verifyChain } from '../crypto/chain.ts';
import { Oid } from '../crypto/oids.ts';
import { readPublicKey } from '../crypto/public-key.ts';
import { type CodedError, invalidArgument, messageOf } from '../errors.ts';
import { isEmptyName } from '../crypto/names.ts';
import { SpiffeId } from '../spiffe/spiffe-id.ts';
import type { TrustDomain } from '../spiffe/trust-domain.ts';
import { findAuthority } from './x509-authority.ts';

export interface X509Svid {
  readonly id: SpiffeId;
  /** Leaf first. */
  readonly certificates: readonly Certificate[];
  /** Start of validity. */
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** Decimal, as the SPIRE API carries it. */
  readonly serialNumber: string;
}

const CHAIN_MAX_CERTIFICATES = 16; // as many as SDKs accept

/**
 * Reads a chain, leaf first, and checks what can be checked without a bundle. Throws InvalidArgument that names the rule.
 * Says nothing of who signed it, nor of time: that is verifyX509Svid.
 *
 * DIVERGES: the strict reading of X509-SVID 2 to 5, where SPIRE and the SDKs let one or another breach pass: an ID in upper
 * case or, in a peer's certificate, without a path; a key usage that is not critical; purposes that lack one of TLS.
 */
export function parseX509Svid(chain: readonly Uint8Array[]): X509Svid {
  if (chain.length > CHAIN_MAX_CERTIFICATES) {
    throw invalidArgument(`X509-SVID chain has more than ${CHAIN_MAX_CERTIFICATES} certificates`);
  }
  const certificates = chain.map(parseCertificate);
  const [leaf, ...intermediates] = certificates;
  if (leaf === undefined) throw invalidArgument('X509-SVID chain is empty');
  const id = checkLeaf(leaf);
  for (const intermediate of intermediates) checkSigningCertificate(intermediate);
  return {
    id,
    certificates,
    issuedAt: leaf.notBefore,
    expiresAt: leaf.notAfter,
    serialNumber: toDecimal(leaf.serialNumber),
  };
}

export interface VerifyX509Svid {
  /** DER certificates, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** The X.509 authorities (DER) of a trust domain's bundle; undefined when there is no bundle of it. */
  readonly authorities: (trustDomain: TrustDomain) => readonly Uint8Array[] | undefined;
  readonly at: Date;
}

/** Reads and verifies; throws InvalidArgument unless an authority of the ID's own trust domain vouches for it at that time. */
export function verifyX509Svid({ chain, authorities, at }: VerifyX509Svid): X509Svid {
  const svid = parseX509Svid(chain);
  // X-9 (X509-SVID 5.2), ID-7 (SPIFFE-ID 3): the bundle is chosen by the SVID's own trust domain, nothing else
  const bundle = authorities(svid.id.trustDomain);
  if (bundle === undefined)
    throw invalidArgument(`there is no X.509 bundle for trust domain "${svid.id.trustDomain}"`);
  // B-5 (Trust Domain and Bundle 4.1.3): an empty bundle means that every SVID of the trust domain is invalid
  if (bundle.length === 0)
    throw invalidArgument(`X.509 bundle of trust domain "${svid.id.trustDomain}" is empty`);
  try {
    // X-8 (X509-SVID 5.1): path validation of RFC 5280
    const path = verifyChain({ chain: svid.certificates, roots: readableAuthorities(bundle), at });
    if (path.length < 2) throw invalidArgument('an authority cannot be its own SVID');
  } catch (cause) {
    throw invalidArgument(`X509-SVID "${svid.id}" cannot be verified: ${messageOf(cause)}`, { cause });
  }
  return svid;
}

/** An authority that cannot be read vouches for nothing; the others of its bundle still do. */
const readableAuthorities = (bundle: readonly Uint8Array[]): readonly Certificate[] =>
  bundle.map(findAuthority).filter((authority) => authority !== undefined);

function checkLeaf(leaf: Certificate): SpiffeId {
  // X-4, X-9 (X509-SVID 4.1, 5.2): a leaf is no CA
  if (leaf.isCa) throw refused('leaf certificate is a CA');
  // X-5 (X509-SVID 4.2): name constraints are for signing certificates
  if (leaf.nameConstraints !== undefined) throw refused('leaf certificate has name constraints');
  checkLeafKeyUsage(leaf);
  checkLeafPurposes(leaf);
  readPublicKey(leaf.publicKey);
  return readId(leaf);
}

/** X-6, X-9 (X509-SVID 4.3, 5.2) */
function checkLeafKeyUsage({ keyUsage, isKeyUsageCritical }: Certificate): void {
  if (keyUsage === undefined) throw refused('leaf certificate has no key usage');
  if (!isKeyUsageCritical) throw refused('key usage of the leaf certificate is not critical');
  if (!keyUsage.has('digitalSignature'))
    throw refused('leaf certificate lacks the key usage digitalSignature');
  if (keyUsage.has('keyCertSign')) throw refused('leaf certificate has the key usage keyCertSign');
  if (keyUsage.has('crlSign')) throw refused('leaf certificate has the key usage cRLSign');
}

/** X-7 (X509-SVID 4.4): purposes need not be given; when they are, both of TLS must be there. */
function checkLeafPurposes({ extendedKeyUsage }: Certificate): void {
  if (extendedKeyUsage === undefined) return;
  for (const [name, oid] of [
    ['serverAuth', Oid.serverAuth],
    ['clientAuth', Oid.clientAuth],
  ] as const) {
    if (!extendedKeyUsage.includes(oid))
      throw refused(`leaf certificate has extended key usages without ${name}`);
  }
}

/** X-9 (X509-SVID 2, 3.1, 5.2): one URI of any scheme, which is a SPIFFE ID with a path. */
function readId({ uriSans, subject, isSanCritical }: Certificate): SpiffeId {
  const [uri, ...more] = uriSans;
  if (uri === undefined) throw refused('leaf certificate has no URI SAN');
  if (more.length > 0) throw refused('leaf certificate has more than one URI SAN');
  const id = parseId(uri);
  if (id.path === '') throw refused('SPIFFE ID of the leaf certificate has no path');
  // RFC 5280 4.2.1.6, asked for by X509-SVID 3.1
  if (isEmptyName(subject) && !isSanCritical)
    throw refused('leaf certificate has neither a subject nor a critical SAN');
  return id;
}

function parseId(uri: string): SpiffeId {
  try {
    return SpiffeId.parse(uri);
  } catch (cause) {
    throw refused(`URI SAN is not a SPIFFE ID: ${messageOf(cause)}`, cause);
  }
}

/**
 * X-6 (X509-SVID 3.2, 4.1, 4.3): whatever signs is a CA that says so, and its own ID, if any, has no path. Throws
 * InvalidArgument otherwise. Also called by whoever puts a certificate above SVIDs.
 */
export function checkSigningCertificate({ isCa, keyUsage, isKeyUsageCritical, uriSans }: Certificate): void {
  if (!isCa) throw refused('intermediate certificate is not a CA');
  if (keyUsage === undefined || !keyUsage.has('keyCertSign')) {
    throw refused('intermediate certificate lacks the key usage keyCertSign');
  }
  const ids = uriSans.filter((uri) => uri.startsWith('spiffe://'));
  if (ids.length === 0) return; // not an SVID itself, as those of a corporate CA are not
  if (!isKeyUsageCritical) throw refused('key usage of an intermediate certificate is not critical');
  if (ids.some((id) => parseId(id).path !== ''))
    throw refused('SPIFFE ID of an intermediate certificate has a path');
}

const refused = (why: string, cause?: unknown): CodedError =>
  invalidArgument(`X509-SVID is invalid: ${why}`, cause === undefined ? {} : { cause });

/**
 * Certification path validation (RFC 5280 6.1) at a given time, for certificates that came from a peer: bounded in
 * certificates, steps and signature checks, synchronous so that a TLS callback can use it. Called by svid/x509-svid.
 * Of several possible paths one good one is enough. What costs time is done from the root downwards: a key, or a list of
 * name constraints, is used only when a root vouches for it, so that a stranger's certificates cost next to nothing.
 *
 * DIVERGES: SPIRE takes what Go's crypto/x509 takes. This refuses some of it, all of which, and why, is listed in
 * test/interop/go-x509/path-differences.ts and compared there.
 */
import type { KeyObject } from 'node:crypto';
import { bytesEqual } from '../bytes.ts';
import { CodedError, invalidArgument } from '../errors.ts';
import type { Certificate } from './certificate.ts';
import { checkNames } from './name-constraints.ts';
import { Oid } from './oids.ts';
import { importPublicKey, readPublicKey } from './public-key.ts';
import { algorithmOid, checkKeyFits, isSignatureValid } from './signature-algorithms.ts';

export interface VerifyChain {
  /** Leaf first; the rest may be in any order, and more than are needed. */
  readonly chain: readonly Certificate[];
  /** Trust anchors. */
  readonly roots: readonly Certificate[];
  readonly at: Date;
  /** Dotted OIDs of key purposes, one of which the whole path must allow; absent, any purpose will do. */
  readonly purposes?: readonly string[];
}

const MAX_CERTIFICATES = 16; // as many as SDKs accept
const MAX_STEPS = 100; // a path needs one for each certificate; more are wanted only where names are tangled
const MAX_SIGNATURE_CHECKS = 64; // likewise, where several roots share a name

/**
 * The path from leaf to root. Throws InvalidArgument that says why the last path tried was refused: what is wrong with
 * the leaf itself, a certificate on the way, or that none of the roots was reached.
 */
export function verifyChain({ chain, roots, at, purposes }: VerifyChain): readonly Certificate[] {
  const [leaf, ...intermediates] = chain;
  if (leaf === undefined) throw invalidArgument('certificate chain is empty');
  if (chain.length > MAX_CERTIFICATES)
    throw invalidArgument(`certificate chain has more than ${MAX_CERTIFICATES} certificates`);
  if (roots.length === 0) throw invalidArgument('there are no roots to verify a certificate chain with');
  checkOne(leaf, at, 'leaf');
  const search = new PathSearch({ intermediates, roots, at, purposes });
  return search.find(leaf);
}

interface SearchOptions {
  readonly intermediates: readonly Certificate[];
  readonly roots: readonly Certificate[];
  readonly at: Date;
  readonly purposes: readonly string[] | undefined;
}

/** Depth first by names, roots before intermediates; remembers why it turned back. */
class PathSearch {
  readonly #options: SearchOptions;
  readonly #candidates = new Map<Certificate, readonly Candidate[]>();
  readonly #signatures = new Signatures();
  #stepsLeft = MAX_STEPS;
  #refusal: CodedError | undefined;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  find(leaf: Certificate): readonly Certificate[] {
    if (this.#options.roots.some((root) => bytesEqual(root.raw, leaf.raw))) return this.#accept([leaf]);
    const path = this.#extend([leaf], leaf);
    if (path !== undefined) return path;
    if (this.#refusal !== undefined) throw this.#refusal;
    throw invalidArgument('certificate is signed by none of the roots, nor by an intermediate in the chain');
  }

  #extend(path: readonly Certificate[], last: Certificate): readonly Certificate[] | undefined {
    for (const [issuer, role] of this.#candidatesFor(last)) {
      if (path.some((each) => isSameEntity(each, issuer))) continue;
      const found = this.#try(path, issuer, role);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Looked for once for each certificate, however many paths it is on. */
  #candidatesFor(child: Certificate): readonly Candidate[] {
    const known = this.#candidates.get(child);
    if (known !== undefined) return known;
    const { roots, intermediates } = this.#options;
    const found = [
      ...likeliestFirst(child, roots).map((root): Candidate => [root, 'root']),
      ...likeliestFirst(child, intermediates).map((issuer): Candidate => [issuer, 'intermediate']),
    ];
    this.#candidates.set(child, found);
    return found;
  }

  /** A whole path through this issuer; undefined, and the reason kept, where there is none. */
  #try(path: readonly Certificate[], issuer: Certificate, role: Role): readonly Certificate[] | undefined {
    if (this.#stepsLeft === 0) return undefined;
    try {
      this.#stepsLeft -= 1;
      if (this.#stepsLeft === 0) throw invalidArgument(`certificate chain takes ${MAX_STEPS} steps or more`);
      checkIssuer(path, issuer, { at: this.#options.at, role });
      const longer = [...path, issuer];
      return role === 'root' ? this.#accept(longer) : this.#extend(longer, issuer);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#refusal = error;
      return undefined;
    }
  }

  /** What is only judged of a whole path. */
  #accept(path: readonly Certificate[]): readonly Certificate[] {
    this.#signatures.check(path);
    checkNameConstraints(path);
    checkPurposes(path, this.#options.purposes);
    if (path[0] !== undefined) keyOf(path[0]); // a point that is not on its curve is no key
    return path;
  }
}

/** Checks each signature once, however many paths it is on. */
class Signatures {
  readonly #verdicts = new Map<Certificate, Map<Certificate, CodedError | undefined>>();
  #left = MAX_SIGNATURE_CHECKS;

  /** From the root downwards; throws at the first one that is not right. */
  check(path: readonly Certificate[]): void {
    for (let at = path.length - 1; at > 0; at--) {
      const [child, issuer] = [path[at - 1], path[at]];
      if (child === undefined || issuer === undefined) continue;
      const verdict = this.#verdict(child, issuer);
      if (verdict !== undefined) throw verdict;
    }
  }

  #verdict(child: Certificate, issuer: Certificate): CodedError | undefined {
    const known = this.#verdicts.get(child) ?? new Map<Certificate, CodedError | undefined>();
    if (known.has(issuer)) return known.get(issuer);
    this.#left -= 1;
    if (this.#left < 0)
      throw invalidArgument(`certificate chain needs more than ${MAX_SIGNATURE_CHECKS} signature checks`);
    const verdict = refusalOf(() => checkSigned(child, issuer));
    this.#verdicts.set(child, known.set(issuer, verdict));
    return verdict;
  }
}

function refusalOf(check: () => void): CodedError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

type Role = 'root' | 'intermediate';
type Candidate = readonly [Certificate, Role];

/** Those whose subject is the issuer's name; a matching key identifier is a hint of which to try first (RFC 5280 4.2.1.1). */
function likeliestFirst(child: Certificate, candidates: readonly Certificate[]): readonly Certificate[] {
  const named = candidates.filter((candidate) => bytesEqual(candidate.subject, child.issuer));
  return named.length < 2 ? named : named.sort((a, b) => likelihood(child, b) - likelihood(child, a));
}

function likelihood({ authorityKeyId }: Certificate, { subjectKeyId }: Certificate): number {
  if (authorityKeyId === undefined || subjectKeyId === undefined) return 1;
  return bytesEqual(authorityKeyId, subjectKeyId) ? 2 : 0;
}

/** A path that meets the same subject with the same key again goes in a circle: there is a shorter one. */
const isSameEntity = (a: Certificate, b: Certificate): boolean =>
  bytesEqual(a.subject, b.subject) && bytesEqual(a.publicKey, b.publicKey);

/** What every certificate of a path must be, roots included: in its time, with a key that is believed, without demands that are not understood. */
function checkOne(certificate: Certificate, at: Date, what: string): void {
  const { notBefore, notAfter, unhandledCriticalExtensions, nameConstraints } = certificate;
  const [unhandled] = unhandledCriticalExtensions; // RFC 5280 6.1.4 (o), 6.1.5 (f)
  if (unhandled !== undefined)
    throw invalidArgument(
      `${what} certificate has the critical extension ${unhandled}, which is not supported`,
    );
  // RFC 5280 6.1.3 (a)(2): both ends belong to the validity. Said so that a time that is none is in no validity
  if (!(at >= notBefore))
    throw invalidArgument(`${what} certificate is not valid before ${notBefore.toISOString()}`);
  if (!(at <= notAfter))
    throw invalidArgument(`${what} certificate has expired at ${notAfter.toISOString()}`);
  const otherKinds =
    (nameConstraints?.permitted.otherCount ?? 0) + (nameConstraints?.excluded.otherCount ?? 0);
  if (otherKinds > 0 && certificate.areNameConstraintsCritical) {
    throw invalidArgument(`${what} certificate constrains a kind of name that is not supported`);
  }
  // RFC 5280 4.2.1.11 has it critical: one that is not still demands what is not checked here
  if (certificate.extensions.some(({ oid }) => oid === Oid.policyConstraints))
    throw invalidArgument(`${what} certificate constrains policies, which is not supported`);
  readPublicKey(certificate.publicKey);
}

/** Throws unless `issuer` may stand above `path` (RFC 5280 6.1.4). */
function checkIssuer(
  path: readonly Certificate[],
  issuer: Certificate,
  { at, role }: { at: Date; role: Role },
): void {
  checkOne(issuer, at, role);
  if (!issuer.isCa) throw invalidArgument(`${role} certificate is not a CA`); // (k)
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.has('keyCertSign')) {
    throw invalidArgument(`${role} certificate may not sign certificates`); // (n)
  }
  checkPathLength(path, issuer, role);
}

/** RFC 5280 6.1.4 (g), applied to all that is below. */
function checkNameConstraints(path: readonly Certificate[]): void {
  path.forEach(({ nameConstraints }, at) => {
    if (nameConstraints === undefined) return;
    const { permitted, excluded } = nameConstraints;
    for (const below of path.slice(0, at)) {
      checkNames(nameConstraints, below);
      // Not critical, or checkOne would have refused them: they still say no to names that cannot be compared here
      if (permitted.otherCount + excluded.otherCount > 0 && below.otherSanCount > 0)
        throw invalidArgument(
          'certificate has a kind of name that an issuer constrains and that is not supported',
        );
    }
  });
}

/** Counts intermediates that a CA issued to itself too, which RFC 5280 4.2.1.9 would spare: stricter, and what Go does. */
function checkPathLength(path: readonly Certificate[], issuer: Certificate, role: Role): void {
  const below = path.length - 1;
  if (issuer.pathLength !== undefined && below > issuer.pathLength) {
    throw invalidArgument(
      `${role} certificate allows ${issuer.pathLength} intermediates below it, not ${below}`,
    );
  }
}

/** Throws InvalidArgument unless `issuer`'s key signed `child`, by an algorithm that is believed. */
export function checkSigned(child: Certificate, issuer: Certificate): void {
  const { signatureAlgorithm: algorithm, signatureAlgorithmDer, tbs: message, signature } = child;
  if (algorithm === undefined) {
    throw invalidArgument(`signature algorithm ${algorithmOid(signatureAlgorithmDer)} is not allowed`);
  }
  checkKeyFits(algorithm, readPublicKey(issuer.publicKey).kind);
  if (!isSignatureValid({ algorithm, publicKey: keyOf(issuer), message, signature })) {
    throw invalidArgument('certificate signature is invalid');
  }
}

/** Imported once per certificate object: bundles are held on to, and an import costs as much as half a signature. */
const keys = new WeakMap<Certificate, KeyObject>();

function keyOf(certificate: Certificate): KeyObject {
  const known = keys.get(certificate);
  if (known !== undefined) return known;
  const imported = importPublicKey(certificate.publicKey);
  keys.set(certificate, imported);
  return imported;
}

/**
 * Purposes nest: each certificate that lists some narrows what the path is good for, and something must be left.
 * RFC 5280 says nothing of purposes in CA certificates; this is how Go, NSS and Windows read them.
 */
function checkPurposes(path: readonly Certificate[], wanted: readonly string[] | undefined): void {
  let left = wanted;
  for (const { extendedKeyUsage } of path) {
    if (extendedKeyUsage === undefined || extendedKeyUsage.includes(Oid.anyExtendedKeyUsage)) continue;
    left =
      left === undefined ? extendedKeyUsage : left.filter((purpose) => extendedKeyUsage.includes(purpose));
  }
  if (left?.length === 0) throw invalidArgument('certificates of the chain allow no key purpose in common');
}

/**
 * A CA certificate and private key that an operator brings: whether this server can sign with them and be believed by
 * everybody. Nothing is changed here. Called by ca/import-by-hand.
 */
import { bytesEqual } from '../../shared/bytes.ts';
import { formatDuration } from '../../shared/config/duration.ts';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { keySigner, parsePrivateKey } from '../../shared/crypto/keys.ts';
import { nameText } from '../../shared/crypto/name-text.ts';
import { isEmptyName } from '../../shared/crypto/names.ts';
import { importPublicKey } from '../../shared/crypto/public-key.ts';
import { isSignatureValid, signatureAlgorithmOf } from '../../shared/crypto/signature-algorithms.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import { type CodedError, invalidArgument, messageOf } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { CaAuthority } from './authorities.ts';
import { checkIssuingChain } from './issuing-chain.ts';
import { activationMarginMs, lifetimeMs } from './rotation.ts';
import { CA_KEY_USAGE } from './self-signed.ts';
import { validityOf } from './x509-kind.ts';

const CERTIFICATES_MAX = 10; // the CA, eight above it (ca/issuing-chain), the root
const BYTES_MAX = 32_768; // nearly all of it goes along with every SVID
const KEY_MAX_BYTES = 8_192; // an RSA-4096 key has 2,400
const PROBE_BYTES = 32;

export interface BroughtCa {
  /** DER: the CA's certificate first; then what is above it, in any order, its root among it. */
  readonly certificates: readonly Uint8Array[];
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array;
}

export interface ImportedCaNeeds {
  readonly trustDomain: TrustDomain;
  readonly now: Date;
  readonly random: Random;
  /** Of SVIDs whose entry names no lifetime. */
  readonly defaultX509SvidTtlSeconds: number;
}

export type ImportedCa = Pick<CaAuthority, 'certificate' | 'upstream' | 'signer' | 'validFrom' | 'expiresAt'>;

/** Throws InvalidArgument, naming what is wrong and telling nothing of the key. */
export async function checkImportedCa(brought: BroughtCa, needs: ImportedCaNeeds): Promise<ImportedCa> {
  const [certificate, ...above] = readCertificates(brought.certificates);
  checkCa(certificate, needs);
  const upstream = upstreamOf(certificate, above, needs);
  const signer = await readKey(brought.privateKey, certificate, needs.random);
  const validity = validityOf({ certificate, upstream });
  checkLife(validity, needs);
  return { certificate, upstream, signer, ...validity };
}

/** Without those that are given twice. */
function readCertificates(ders: readonly Uint8Array[]): readonly [Certificate, ...Certificate[]] {
  if (ders.length > CERTIFICATES_MAX)
    throw invalidArgument(`there are more than ${CERTIFICATES_MAX} certificates`);
  if (ders.reduce((sum, { length }) => sum + length, 0) > BYTES_MAX)
    throw invalidArgument(`certificates are longer than ${BYTES_MAX} bytes together`);
  const once = ders.filter((der, at) => ders.findIndex((other) => bytesEqual(other, der)) === at);
  const [ca, ...above] = once.map((der, at) => saying(`certificate ${at + 1}`, () => parseCertificate(der)));
  if (ca === undefined) throw invalidArgument('there is no certificate');
  return [ca, ...above];
}

/** X509-SVID 3.2, 4.1, 4.3: what signs is a CA that says so; its own ID, if any, is the trust domain's alone, and it does nothing else. */
function checkCa(certificate: Certificate, { trustDomain, now }: ImportedCaNeeds): void {
  const { keyUsage, isKeyUsageCritical, uriSans, notAfter, notBefore } = certificate;
  if (!certificate.isCa) throw refused('is not a CA: its basic constraints do not say CA:TRUE');
  if (keyUsage?.has('keyCertSign') !== true) throw refused('lacks the key usage keyCertSign');
  if (isEmptyName(certificate.subject)) throw refused('has no subject'); // RFC 5280 4.1.2.6
  if (now >= notAfter) throw refused(`has expired at ${notAfter.toISOString()}`);
  if (now < notBefore) throw refused(`is not valid before ${notBefore.toISOString()}`);
  if (uriSans.length === 0) return;
  if (uriSans.length > 1) throw refused('has more than one URI SAN');
  if (uriSans[0] !== trustDomain.id)
    throw refused(`has a URI SAN that is not ${trustDomain.id}, the ID of the trust domain`);
  if (!isKeyUsageCritical) throw refused('has a SPIFFE ID and a key usage that is not critical');
  const others = [...keyUsage].filter((usage) => !CA_KEY_USAGE.includes(usage));
  if (others.length > 0)
    throw refused(`has a SPIFFE ID and key usages that are not for signing: ${others.join(', ')}`);
}

/** The way to the root, and nothing beside it; undefined for a root. */
function upstreamOf(ca: Certificate, above: readonly Certificate[], needs: ImportedCaNeeds) {
  const isRoot = isSelfIssued(ca);
  if (isRoot && above.length > 0)
    throw refused('is its own root: leave out the other certificates, or import the one below it');
  const roots = isRoot ? [ca] : above.filter(isSelfIssued);
  if (roots.length === 0)
    throw refused('is not self-signed, and there is no root: give what is above it, up to a self-signed one');
  const { trustDomain, now: at } = needs;
  const chain = [ca, ...above.filter((one) => !isSelfIssued(one))];
  const path = saying('certificates cannot be used', () =>
    checkIssuingChain({ chain, roots, trustDomain, at, casBelow: 0 }),
  );
  const [root] = path.roots;
  if (isRoot || root === undefined) return undefined;
  const stray = above.find((one) => one !== root && !path.certificates.includes(one));
  if (stray !== undefined)
    throw invalidArgument(
      `certificate "${nameText(stray.subject)}" is not on the way from the CA certificate to its root: leave it out`,
    );
  return { intermediates: path.certificates.slice(1).map(({ raw }) => raw), roots: [root.raw] };
}

const isSelfIssued = ({ subject, issuer }: Certificate): boolean => bytesEqual(subject, issuer);

/** Signs once with it: a file can state one public key and hold another private one. */
async function readKey(pkcs8: Uint8Array, { publicKey }: Certificate, random: Random): Promise<Signer> {
  if (pkcs8.length === 0) throw invalidArgument('there is no private key');
  if (pkcs8.length > KEY_MAX_BYTES)
    throw invalidArgument(`private key is longer than ${KEY_MAX_BYTES} bytes`);
  const signer = keySigner(parsePrivateKey(pkcs8));
  const message = random.bytes(PROBE_BYTES);
  const isMatch =
    bytesEqual(signer.publicKey, publicKey) &&
    isSignatureValid({
      algorithm: signatureAlgorithmOf(signer.keyType),
      publicKey: importPublicKey(publicKey),
      message,
      signature: await signer.sign(message),
    });
  if (!isMatch) throw invalidArgument('certificate and private key do not match');
  return signer;
}

/** Long enough that a successor takes over in its time, and that an SVID of the last moment lives its whole life. */
function checkLife(
  validity: Pick<ImportedCa, 'validFrom' | 'expiresAt'>,
  { now, defaultX509SvidTtlSeconds }: ImportedCaNeeds,
): void {
  const neededMs = activationMarginMs(lifetimeMs(validity)) + defaultX509SvidTtlSeconds * 1_000;
  if (validity.expiresAt.getTime() - now.getTime() >= neededMs) return;
  const needed = formatDuration(Math.ceil(neededMs / 1_000));
  throw invalidArgument(
    `CA certificate, or what is above it, ends at ${validity.expiresAt.toISOString()}: it must be valid for another ${needed} at least, ` +
      'a sixth of its life (7 days at most), in which its successor takes over, and default_x509_svid_ttl',
  );
}

function saying<T>(what: string, deed: () => T): T {
  try {
    return deed();
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}

const refused = (why: string): CodedError => invalidArgument(`CA certificate ${why}`);

/**
 * A bundle, and authorities, as callers send them: read strictly, in SPIRE's words where it has any. What passes here
 * can be stored, printed in every format, and judged by every part that meets it.
 */
import { X509Certificate } from 'node:crypto';
import type { BundleOutput } from '../../../proto/gen/spire/api/types/Bundle.ts';
import type { BundleMaskOutput } from '../../../proto/gen/spire/api/types/BundleMask.ts';
import type { JWTKeyOutput } from '../../../proto/gen/spire/api/types/JWTKey.ts';
import type { X509CertificateOutput } from '../../../proto/gen/spire/api/types/X509Certificate.ts';
import type { Bundle, TokenAuthority, X509Authority } from '../../../shared/bundle/bundle.ts';
import { fromUnixSeconds } from '../../../shared/clock.ts';
import { type Certificate, parseCertificates } from '../../../shared/crypto/certificate.ts';
import { importPublicKey } from '../../../shared/crypto/public-key.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import { BUNDLE_MAX_BYTES, bundleBytes } from '../../bundle/bundle-size.ts';
import type { BundleChanges } from '../../bundle/federated-bundle-store.ts';
import { maskedFields } from './mask.ts';
import { trustDomainFromWire } from './trust-domain.ts';

const KEY_ID_MAX_CHARS = 1_024; // as bundle-json
const EXPIRES_MAX_SECONDS = 8_640_000_000_000; // ECMA-262: last time of a Date
const REFRESH_HINT_MAX_SECONDS = 2_147_483_647; // a column of the database, and 68 years
const SEQUENCE_MAX = 2n ** 63n - 1n; // a column of the database

/** Throws InvalidArgument on the first thing that is wrong. */
export function bundleFromWire(wire: BundleOutput): Bundle {
  const trustDomain = within('invalid trust domain', () => trustDomainFromWire(wire.trust_domain));
  checkSize(sum(wire.x509_authorities.map(({ asn1 }) => asn1.length))); // before the work of reading them
  const bundle = { trustDomain, ...fieldsOf(wire) };
  checkSize(bundleBytes(bundle));
  return bundle;
}

function checkSize(bytes: number): void {
  if (bytes > BUNDLE_MAX_BYTES)
    throw invalidArgument(`bundle has ${bytes} bytes, where ${BUNDLE_MAX_BYTES} are allowed`);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** The parts of a bundle that the mask names. */
export function bundleChanges(bundle: Bundle, mask: BundleMaskOutput | null): BundleChanges {
  return maskedFields(PARTS, mask).reduce<BundleChanges>(
    (changes, field) => ({ ...changes, ...PARTS[field](bundle) }),
    {},
  );
}

const PARTS: Readonly<Record<keyof BundleMaskOutput, (bundle: Bundle) => BundleChanges>> = {
  x509_authorities: ({ x509Authorities }) => ({ x509Authorities }),
  jwt_authorities: ({ jwtAuthorities }) => ({ jwtAuthorities }),
  refresh_hint: ({ refreshHintSeconds }) => ({ refreshHintSeconds }),
  sequence_number: ({ sequenceNumber }) => ({ sequenceNumber }),
  wit_authorities: ({ witAuthorities }) => ({ witAuthorities }),
};

const fieldsOf = (wire: BundleOutput): Omit<Bundle, 'trustDomain'> => ({
  x509Authorities: within('unable to parse X.509 authority', () =>
    x509AuthoritiesFromWire(wire.x509_authorities),
  ),
  jwtAuthorities: within('unable to parse JWT authority', () => distinct(wire.jwt_authorities)),
  witAuthorities: within('unable to parse WIT authority', () => distinct(wire.wit_authorities)),
  refreshHintSeconds: refreshHint(wire.refresh_hint),
  sequenceNumber: sequenceNumber(wire.sequence_number),
});

/** An item may hold several certificates, one after the other; nobody taints by these. Throws InvalidArgument. */
export const x509AuthoritiesFromWire = (wires: readonly X509CertificateOutput[]): readonly X509Authority[] =>
  wires.flatMap(({ asn1 }) =>
    readCertificates(asn1).map(({ raw }) => ({ certificate: new Uint8Array(raw), tainted: false })),
  );

function readCertificates(der: Uint8Array): readonly Certificate[] {
  const certificates = parseCertificates(der);
  if (certificates.length === 0) throw invalidArgument('certificate is missing');
  for (const { raw, publicKey } of certificates) {
    importPublicKey(publicKey);
    checkReadable(raw);
  }
  return certificates;
}

/** OpenSSL, which prunes bundles and verifies TLS, must be able to read it too. */
function checkReadable(der: Uint8Array): void {
  try {
    new X509Certificate(der);
  } catch (cause) {
    throw invalidArgument('certificate is malformed', { cause });
  }
}

/** Throws InvalidArgument. */
export function tokenAuthorityFromWire(wire: JWTKeyOutput): TokenAuthority {
  importPublicKey(wire.public_key);
  if (wire.key_id === '') throw invalidArgument('missing key ID');
  if (wire.key_id.length > KEY_ID_MAX_CHARS)
    throw invalidArgument(`key ID is longer than ${KEY_ID_MAX_CHARS} characters`);
  return {
    keyId: wire.key_id,
    publicKey: new Uint8Array(wire.public_key),
    expiresAt: expiry(wire.expires_at),
    tainted: wire.tainted,
  };
}

/** As every reader of bundles wants them. */
function distinct(wires: readonly JWTKeyOutput[]): readonly TokenAuthority[] {
  const keys = wires.map(tokenAuthorityFromWire);
  const seen = new Set<string>();
  for (const { keyId } of keys) {
    if (seen.has(keyId)) throw invalidArgument(`key ID ${JSON.stringify(keyId)} occurs twice`);
    seen.add(keyId);
  }
  return keys;
}

function expiry(seconds: string): Date | undefined {
  if (seconds === '0') return undefined;
  const count = Number(seconds);
  if (!(count > 0 && count <= EXPIRES_MAX_SECONDS))
    throw invalidArgument('key expiration is not a time after 1970');
  return fromUnixSeconds(count);
}

function refreshHint(seconds: string): number {
  const count = Number(seconds);
  if (!(count >= 0 && count <= REFRESH_HINT_MAX_SECONDS))
    throw invalidArgument(`refresh hint is not from 0 to ${REFRESH_HINT_MAX_SECONDS} seconds`);
  return count;
}

/** Beyond 2^53 the last digits are lost, the order is kept. */
function sequenceNumber(text: string): number {
  if (BigInt(text) > SEQUENCE_MAX) throw invalidArgument(`sequence number is above ${SEQUENCE_MAX}`);
  return Number(text);
}

function within<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}

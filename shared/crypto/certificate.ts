/**
 * Reads X.509 v3 certificates (RFC 5280 4.1), strictly and without judging them: chain and svid/x509-svid judge.
 * Called wherever a certificate comes in, and on every certificate before it goes out.
 */
import { concat } from '../bytes.ts';
import { invalidArgument, messageOf } from '../errors.ts';
import { constructedTag, DerReader, primitiveTag, Tag } from './der.ts';
import {
  type Extension,
  type KeyUsage,
  readExtensions,
  readExtensionValues,
  unhandledCritical,
} from './extensions.ts';
import type { NameConstraints } from './name-constraints.ts';
import { readName } from './names.ts';
import { Oid } from './oids.ts';
import { findSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithms.ts';
import { readTime } from './times.ts';

export interface Certificate {
  readonly raw: Uint8Array;
  /** TBSCertificate: the part that is signed. */
  readonly tbs: Uint8Array;
  /** Magnitude, big-endian, no leading zero. */
  readonly serialNumber: Uint8Array;
  /** DER of the Name. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly hasBasicConstraints: boolean;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  readonly isKeyUsageCritical: boolean;
  /** Dotted OIDs. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly uriSans: readonly string[];
  readonly dnsSans: readonly string[];
  readonly otherSanCount: number;
  readonly isSanCritical: boolean;
  readonly subjectKeyId: Uint8Array | undefined;
  readonly authorityKeyId: Uint8Array | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  readonly areNameConstraintsCritical: boolean;
  /** Every extension, in order. */
  readonly extensions: readonly Extension[];
  /** Dotted OIDs of critical extensions that are not understood. */
  readonly unhandledCriticalExtensions: readonly string[];
  /** Undefined when it is not one that is believed. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  /** AlgorithmIdentifier, DER. */
  readonly signatureAlgorithmDer: Uint8Array;
  readonly signature: Uint8Array;
}

const CERTIFICATE_MAX_BYTES = 65_536;
const CERTIFICATES_MAX_BYTES = 4 * 1024 * 1024; // gRPC's default limit for a message
const SERIAL_MAX_BYTES = 20; // RFC 5280 4.1.2.2
const V3 = Uint8Array.of(2);

/** Throws InvalidArgument on anything that is not exactly one well-formed v3 certificate. */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > CERTIFICATE_MAX_BYTES)
    throw invalidArgument(`certificate is longer than ${CERTIFICATE_MAX_BYTES} bytes`);
  try {
    return readCertificate(der);
  } catch (cause) {
    throw invalidArgument(`certificate is malformed: ${messageOf(cause)}`, { cause });
  }
}

/** Reads certificates written one after the other, as the Workload API carries chains and bundles. */
export function parseCertificates(der: Uint8Array): Certificate[] {
  return splitCertificates(der).map(parseCertificate);
}

/** The encodings in a concatenation of certificates, unread; throws InvalidArgument when it is not one. */
export function splitCertificates(der: Uint8Array): Uint8Array[] {
  if (der.length > CERTIFICATES_MAX_BYTES)
    throw invalidArgument(`certificates are longer than ${CERTIFICATES_MAX_BYTES} bytes`);
  const reader = new DerReader(der);
  const found: Uint8Array[] = [];
  while (!reader.isDone) found.push(reader.raw(Tag.sequence));
  return found;
}

export const joinCertificates = (certificates: readonly Certificate[]): Uint8Array =>
  concat(certificates.map(({ raw }) => raw));

function readCertificate(raw: Uint8Array): Certificate {
  const outer = new DerReader(raw);
  const reader = outer.enter(Tag.sequence);
  outer.end();
  const tbs = reader.raw(Tag.sequence);
  const signatureAlgorithmDer = reader.raw(Tag.sequence);
  const signature = reader.bitString();
  reader.end();
  const fields = readTbs(new DerReader(tbs).enter(Tag.sequence), signatureAlgorithmDer);
  const signatureAlgorithm = findSignatureAlgorithm(signatureAlgorithmDer);
  return { raw, tbs, ...fields, signatureAlgorithm, signatureAlgorithmDer, signature };
}

function readTbs(tbs: DerReader, outerAlgorithm: Uint8Array) {
  checkVersion(tbs);
  const serialNumber = readSerialNumber(tbs);
  const innerAlgorithm = tbs.raw(Tag.sequence);
  if (Buffer.compare(innerAlgorithm, outerAlgorithm) !== 0)
    throw invalidArgument('signature algorithms inside and outside differ');
  const issuer = readName(tbs);
  const { notBefore, notAfter } = readValidity(tbs.enter(Tag.sequence));
  const subject = readName(tbs);
  const publicKey = tbs.raw(Tag.sequence);
  for (const n of [1, 2]) if (tbs.isAt(primitiveTag(n))) tbs.skip(primitiveTag(n)); // unique identifiers, long unused
  const extensions = tbs.isDone ? [] : readExtensionList(tbs.enter(constructedTag(3)));
  tbs.end();
  return { serialNumber, issuer, subject, notBefore, notAfter, publicKey, ...describe(extensions) };
}

function checkVersion(tbs: DerReader): void {
  if (!tbs.isAt(constructedTag(0))) throw invalidArgument('version is not 3');
  const version = tbs.enter(constructedTag(0));
  if (Buffer.compare(version.integer(), V3) !== 0) throw invalidArgument('version is not 3');
  version.end();
}

function readSerialNumber(tbs: DerReader): Uint8Array {
  const serialNumber = tbs.unsigned();
  if (serialNumber.length > SERIAL_MAX_BYTES)
    throw invalidArgument(`serial number is longer than ${SERIAL_MAX_BYTES} bytes`);
  return serialNumber;
}

function readValidity(validity: DerReader): { notBefore: Date; notAfter: Date } {
  const notBefore = readTime(validity);
  const notAfter = readTime(validity);
  validity.end();
  if (notAfter < notBefore) throw invalidArgument('validity ends before it begins');
  return { notBefore, notAfter };
}

function readExtensionList(wrapper: DerReader): readonly Extension[] {
  const extensions = readExtensions(wrapper.enter(Tag.sequence));
  wrapper.end();
  return extensions;
}

function describe(extensions: readonly Extension[]) {
  const values = readExtensionValues(extensions);
  const isCritical = (oid: string): boolean => extensions.some((each) => each.oid === oid && each.isCritical);
  return {
    hasBasicConstraints: values.basicConstraints !== undefined,
    isCa: values.basicConstraints?.isCa ?? false,
    pathLength: values.basicConstraints?.pathLength,
    keyUsage: values.keyUsage,
    isKeyUsageCritical: isCritical(Oid.keyUsage),
    extendedKeyUsage: values.extendedKeyUsage,
    uriSans: values.subjectAltName?.uris ?? [],
    dnsSans: values.subjectAltName?.dnsNames ?? [],
    otherSanCount: values.subjectAltName?.otherCount ?? 0,
    isSanCritical: isCritical(Oid.subjectAltName),
    subjectKeyId: values.subjectKeyId,
    authorityKeyId: values.authorityKeyId,
    nameConstraints: values.nameConstraints,
    areNameConstraintsCritical: isCritical(Oid.nameConstraints),
    extensions,
    unhandledCriticalExtensions: unhandledCritical(extensions),
  };
}

/**
 * Builds certificates from typed fields: CAs, self-signed and below an upstream, and whatever tests need. The hot path
 * of leaf SVIDs is server/ca/certificate-template. Called by server/ca and upstream authorities.
 */
import {
  authorityKeyIdExtension,
  basicConstraintsExtension,
  extendedKeyUsageExtension,
  keyUsageExtension,
  nameConstraintsExtension,
  subjectAltNameExtension,
  subjectKeyIdExtension,
  type SubtreeNames,
} from './extension-writers.ts';
import type { KeyUsage } from './extensions.ts';
import { bitString, type Der, encode, explicit, sequence, unsignedInteger } from './der-writer.ts';
import { isEmptyName } from './names.ts';
import { signatureAlgorithmOf } from './signature-algorithms.ts';
import type { Signer } from './signer.ts';
import { timeElement } from './times.ts';

export interface CertificateFields {
  /** The key that signs: the subject's own in a self-signed certificate. */
  readonly issuer: Signer;
  /** DER of the issuer's Name (distinguishedName, or an issuer certificate's subject). */
  readonly issuerName: Uint8Array;
  /** DER of the subject's Name. */
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Magnitude, big-endian. */
  readonly serialNumber: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isCa: boolean;
  readonly pathLength?: number;
  /** Empty: no such extension. */
  readonly keyUsage: readonly KeyUsage[];
  /** Dotted OIDs. */
  readonly extendedKeyUsage?: readonly string[];
  readonly uriSans?: readonly string[];
  readonly dnsSans?: readonly string[];
  readonly subjectKeyId?: Uint8Array;
  readonly authorityKeyId?: Uint8Array;
  readonly nameConstraints?: { readonly permitted?: SubtreeNames; readonly excluded?: SubtreeNames };
}

/** The DER of the certificate; rejects with InvalidArgument on fields that cannot be encoded, or with the signer's error. */
export async function buildCertificate(fields: CertificateFields): Promise<Uint8Array> {
  const algorithm = signatureAlgorithmOf(fields.issuer.keyType).der;
  const tbs = encode(
    sequence(
      VERSION_3,
      unsignedInteger(fields.serialNumber),
      algorithm,
      fields.issuerName,
      sequence(timeElement(fields.notBefore), timeElement(fields.notAfter)),
      fields.subject,
      fields.publicKey,
      explicit(3, sequence(...extensionsOf(fields))),
    ),
  );
  return signCertificate(tbs, fields.issuer);
}

/** `[0] { 2 }`: the version of every certificate made here. */
export const VERSION_3 = encode(explicit(0, unsignedInteger(Uint8Array.of(2))));

/** The certificate around a TBSCertificate, signed. */
export async function signCertificate(tbs: Uint8Array, issuer: Signer): Promise<Uint8Array> {
  const signature = await issuer.sign(tbs);
  return encode(sequence(tbs, signatureAlgorithmOf(issuer.keyType).der, bitString(signature)));
}

/** In the order that SPIRE writes them. */
function extensionsOf(fields: CertificateFields): readonly Der[] {
  const {
    extendedKeyUsage,
    subjectKeyId,
    authorityKeyId,
    uriSans = [],
    dnsSans = [],
    nameConstraints,
  } = fields;
  const extensions: Der[] = [];
  if (fields.keyUsage.length > 0) extensions.push(keyUsageExtension(fields.keyUsage));
  if (extendedKeyUsage !== undefined) extensions.push(extendedKeyUsageExtension(extendedKeyUsage));
  extensions.push(basicConstraintsExtension(fields.isCa, fields.pathLength));
  if (subjectKeyId !== undefined) extensions.push(subjectKeyIdExtension(subjectKeyId));
  if (authorityKeyId !== undefined) extensions.push(authorityKeyIdExtension(authorityKeyId));
  if (uriSans.length + dnsSans.length > 0) {
    extensions.push(
      subjectAltNameExtension({ uris: uriSans, dnsNames: dnsSans }, isEmptyName(fields.subject)),
    );
  }
  if (nameConstraints !== undefined) {
    extensions.push(
      nameConstraintsExtension(nameConstraints.permitted ?? {}, nameConstraints.excluded ?? {}),
    );
  }
  return extensions;
}

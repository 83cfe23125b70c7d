/**
 * X509-SVIDs in SPIRE's profile, from a template: what is the same for every SVID of an authority is encoded once,
 * when the authority is activated, and copied. Called by issue-x509-svid for workloads and agents, by x509-ca for the server itself.
 */
import type { Certificate } from '../../shared/crypto/certificate.ts';
import { signCertificate, VERSION_3 } from '../../shared/crypto/certificate-builder.ts';
import { encode, explicit, sequence, unsignedInteger } from '../../shared/crypto/der-writer.ts';
import {
  authorityKeyIdExtension,
  basicConstraintsExtension,
  extendedKeyUsageExtension,
  keyUsageExtension,
  subjectAltNameExtension,
  subjectKeyIdExtension,
} from '../../shared/crypto/extension-writers.ts';
import type { KeyUsage } from '../../shared/crypto/extensions.ts';
import { subjectKeyId } from '../../shared/crypto/keys.ts';
import { distinguishedName, withCommonName } from '../../shared/crypto/names.ts';
import { Oid } from '../../shared/crypto/oids.ts';
import { signatureAlgorithmOf } from '../../shared/crypto/signature-algorithms.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import { timeElement } from '../../shared/crypto/times.ts';
import { bytesEqual } from '../../shared/bytes.ts';
import { internal } from '../../shared/errors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { CredentialComposer } from '../credential-composer/credential-composer.ts';

export interface X509SvidFields {
  readonly spiffeId: SpiffeId;
  /** The first one is also the subject's common name. */
  readonly dnsNames: readonly string[];
  /** DER of the Name, in place of SPIRE's. */
  readonly subject?: Uint8Array;
  /** What changes the subject of a workload, one after the other. */
  readonly composers?: readonly CredentialComposer[];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Magnitude, big-endian. */
  readonly serialNumber: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** SPIRE's choice; X509-SVID 4.3 asks for the first and allows the others. */
export const LEAF_KEY_USAGES: readonly KeyUsage[] = ['digitalSignature', 'keyEncipherment', 'keyAgreement'];
/** X509-SVID 4.4 */
export const LEAF_PURPOSES: readonly string[] = [Oid.serverAuth, Oid.clientAuth];

/** The subject of an SVID; where it has DNS names the first is its common name (SPIRE: also of a subject that was asked for). */
export const leafSubject = ({ composers = [], ...fields }: SubjectFields): Uint8Array =>
  composers.reduce(
    (subject, composer) => composer.workloadSubject(subject, fields.spiffeId),
    plainSubject(fields),
  );

type SubjectFields = Pick<X509SvidFields, 'spiffeId' | 'subject' | 'dnsNames' | 'composers'>;

function plainSubject({ subject, dnsNames: [commonName] }: SubjectFields): Uint8Array {
  if (subject !== undefined) return commonName === undefined ? subject : withCommonName(subject, commonName);
  return commonName === undefined ? SUBJECT : distinguishedName({ ...ORGANIZATION, commonName });
}

const ORGANIZATION = { country: ['US'], organization: ['SPIRE'] };
const SUBJECT = distinguishedName(ORGANIZATION);

export interface TemplateIssuer {
  readonly issuer: Signer;
  readonly issuerCertificate: Certificate;
}

export class X509SvidTemplate {
  readonly issuerCertificate: Certificate;
  readonly #issuer: Signer;
  /** Signature algorithm and issuer name. */
  readonly #beforeValidity: Uint8Array;
  /** Key usage, purposes, basic constraints. */
  readonly #beforeKeyId: Uint8Array;
  readonly #authorityKeyId: Uint8Array;

  /** Throws Internal when the certificate is not the signer's, or has no key identifier. */
  constructor({ issuer, issuerCertificate }: TemplateIssuer) {
    if (!bytesEqual(issuer.publicKey, issuerCertificate.publicKey))
      throw internal('CA certificate is not of the CA key');
    if (issuerCertificate.subjectKeyId === undefined)
      throw internal('CA certificate has no subject key identifier');
    this.#issuer = issuer;
    this.issuerCertificate = issuerCertificate;
    this.#beforeValidity = encode(signatureAlgorithmOf(issuer.keyType).der, issuerCertificate.subject);
    this.#beforeKeyId = encode(
      keyUsageExtension(LEAF_KEY_USAGES),
      extendedKeyUsageExtension(LEAF_PURPOSES),
      basicConstraintsExtension(false),
    );
    this.#authorityKeyId = encode(authorityKeyIdExtension(issuerCertificate.subjectKeyId));
  }

  /** The DER of the SVID; rejects on names that cannot be encoded, or with the signer's error. */
  async build(fields: X509SvidFields): Promise<Uint8Array> {
    const tbs = sequence(
      VERSION_3,
      unsignedInteger(fields.serialNumber),
      this.#beforeValidity,
      sequence(timeElement(fields.notBefore), timeElement(fields.notAfter)),
      leafSubject(fields),
      fields.publicKey,
      explicit(3, this.#extensions(fields)),
    );
    return signCertificate(encode(tbs), this.#issuer);
  }

  #extensions({ publicKey, spiffeId, dnsNames }: X509SvidFields) {
    return sequence(
      this.#beforeKeyId,
      subjectKeyIdExtension(subjectKeyId(publicKey)),
      this.#authorityKeyId,
      subjectAltNameExtension({ uris: [spiffeId.toString()], dnsNames }, false),
    );
  }
}

/** Small authorities for tests: a root, intermediates below it, leaves, each with one thing changed where a test wants that. */
import { type Certificate, parseCertificate } from '../../../shared/crypto/certificate.ts';
import { buildCertificate, type CertificateFields } from '../../../shared/crypto/certificate-builder.ts';
import { generateKeyPair, keySigner, subjectKeyId } from '../../../shared/crypto/keys.ts';
import { distinguishedName } from '../../../shared/crypto/names.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import type { KeyType, Signer } from '../../../shared/crypto/signer.ts';

/** A certificate and the key that it is for. */
export interface Entity {
  readonly certificate: Certificate;
  readonly signer: Signer;
}

export type Changes = Partial<CertificateFields> & { readonly keyType?: KeyType };

export const NOT_BEFORE = new Date('2026-01-01T00:00:00Z');
export const NOW = new Date('2026-01-01T12:00:00Z');
export const NOT_AFTER = new Date('2026-01-02T00:00:00Z');

/** RSA keys take up to seconds: one of each is enough. */
const signers = new Map<KeyType, Promise<Signer>>();

export function signerOf(keyType: KeyType): Promise<Signer> {
  const known = signers.get(keyType);
  if (known !== undefined && keyType.startsWith('rsa')) return known;
  const made = generateKeyPair(keyType).then(({ privateKey }) => keySigner(privateKey));
  signers.set(keyType, made);
  return made;
}

export const named = (commonName: string): Uint8Array => distinguishedName({ country: ['US'], commonName });

const CA = { isCa: true, keyUsage: ['keyCertSign', 'crlSign'], uriSans: ['spiffe://example.org'] } as const;

export async function makeRoot(changes: Changes = {}): Promise<Entity> {
  const signer = changes.issuer ?? (await signerOf(changes.keyType ?? 'ec-p256'));
  return make(signer, {
    subject: named('root'),
    issuer: signer,
    issuerName: named('root'),
    ...CA,
    ...changes,
  });
}

export async function makeIntermediate(parent: Entity, changes: Changes = {}): Promise<Entity> {
  const signer = await signerOf(changes.keyType ?? 'ec-p256');
  return make(signer, { subject: named('intermediate'), ...below(parent), ...CA, ...changes });
}

export async function makeLeaf(parent: Entity, changes: Changes = {}): Promise<Entity> {
  const signer = await signerOf(changes.keyType ?? 'ec-p256');
  return make(signer, {
    subject: distinguishedName({ country: ['US'], organization: ['SPIRE'] }),
    ...below(parent),
    isCa: false,
    keyUsage: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
    extendedKeyUsage: [Oid.serverAuth, Oid.clientAuth],
    uriSans: ['spiffe://example.org/web'],
    ...changes,
  });
}

function below({ certificate, signer }: Entity) {
  const { subject, subjectKeyId: keyId } = certificate;
  return { issuer: signer, issuerName: subject, ...(keyId === undefined ? {} : { authorityKeyId: keyId }) };
}

type Required = 'issuer' | 'issuerName' | 'subject' | 'isCa' | 'keyUsage';

async function make(signer: Signer, fields: Pick<CertificateFields, Required> & Changes): Promise<Entity> {
  const { publicKey = signer.publicKey } = fields;
  const der = await buildCertificate({
    serialNumber: Uint8Array.of(1),
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    subjectKeyId: subjectKeyId(publicKey),
    ...fields,
    publicKey,
  });
  return { certificate: parseCertificate(der), signer };
}

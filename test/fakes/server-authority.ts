/** The authority of a fake server: certificates for it, for agents and for workloads, by the test's clock. */
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { buildCertificate } from '../../shared/crypto/certificate-builder.ts';
import { parseCsr } from '../../shared/crypto/csr.ts';
import { generateKeyPair, keySigner, subjectKeyId } from '../../shared/crypto/keys.ts';
import { distinguishedName } from '../../shared/crypto/names.ts';
import { Oid } from '../../shared/crypto/oids.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';

export interface Leaf {
  readonly spiffeId: string;
  readonly publicKey: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const SUBJECT = distinguishedName({ country: ['US'], organization: ['SPIRE'] });
let serials = 0;

export class FakeAuthority {
  readonly root: Certificate;
  readonly #signer: Signer;

  private constructor(root: Certificate, signer: Signer) {
    this.root = root;
    this.#signer = signer;
  }

  static async make(trustDomain: string, notBefore: Date, notAfter: Date): Promise<FakeAuthority> {
    const signer = keySigner((await generateKeyPair('ec-p256')).privateKey);
    const der = await buildCertificate({
      issuer: signer,
      issuerName: SUBJECT,
      subject: SUBJECT,
      publicKey: signer.publicKey,
      serialNumber: Uint8Array.of(1),
      notBefore,
      notAfter,
      isCa: true,
      keyUsage: ['keyCertSign', 'crlSign'],
      uriSans: [`spiffe://${trustDomain}`],
      subjectKeyId: subjectKeyId(signer.publicKey),
    });
    return new FakeAuthority(parseCertificate(der), signer);
  }

  async issue({ spiffeId, ...fields }: Leaf): Promise<Uint8Array> {
    serials += 1;
    return buildCertificate({
      ...fields,
      issuer: this.#signer,
      issuerName: SUBJECT,
      subject: SUBJECT,
      serialNumber: Uint8Array.of(1, serials >> 16, (serials >> 8) & 0xff, serials & 0xff),
      isCa: false,
      keyUsage: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
      extendedKeyUsage: [Oid.serverAuth, Oid.clientAuth],
      uriSans: [spiffeId],
      authorityKeyId: subjectKeyId(this.#signer.publicKey),
    });
  }

  /** For the key of a CSR. */
  issueFor(csr: Uint8Array, leaf: Omit<Leaf, 'publicKey'>): Promise<Uint8Array> {
    return this.issue({ ...leaf, publicKey: parseCsr(new Uint8Array(csr)).publicKey });
  }

  async serve(leaf: Omit<Leaf, 'publicKey'>): Promise<TlsIdentity> {
    const { privateKey, publicKey } = await generateKeyPair('ec-p256');
    const certificate = await this.issue({ ...leaf, publicKey });
    return {
      certificatePem: formatPem('CERTIFICATE', certificate),
      privateKey,
    };
  }
}

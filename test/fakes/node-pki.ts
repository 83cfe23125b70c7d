/** A PKI outside Writ whose certificates nodes attest with: a root, an intermediate, leaves of every kind, right and wrong. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { addSeconds } from '../../shared/clock.ts';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import {
  buildCertificate,
  type CertificateFields,
  signCertificate,
} from '../../shared/crypto/certificate-builder.ts';
import { keySigner, subjectKeyId } from '../../shared/crypto/keys.ts';
import { distinguishedName } from '../../shared/crypto/names.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import type { Signer } from '../../shared/crypto/signer.ts';

export interface NodeIdentity {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly key: KeyObject;
}

export type LeafWishes = Partial<CertificateFields> & {
  readonly key?: KeyObject;
  readonly commonName?: string;
  /** Signed by the root, without the intermediate. */
  readonly isDirect?: boolean;
  /** IPv4 address among its names. */
  readonly ip?: string;
};

interface Authority {
  readonly certificate: Certificate;
  readonly signer: Signer;
}

const PLACEHOLDER = 'abcd'; // as long as an IPv4 address
const p256 = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

export class NodePki {
  readonly root: Authority;
  readonly intermediate: Authority;
  readonly #now: Date;

  private constructor(root: Authority, intermediate: Authority, now: Date) {
    this.root = root;
    this.intermediate = intermediate;
    this.#now = now;
  }

  static async make(now: Date, name = 'Machines'): Promise<NodePki> {
    const root = await authority(`${name} Root`, now, undefined);
    return new NodePki(root, await authority(`${name} Issuer`, now, root), now);
  }

  get rootPem(): string {
    return formatPem('CERTIFICATE', this.root.certificate.raw);
  }

  /** A leaf with its chain and key; what `wishes` say stands over what is usual. */
  async leaf({
    key = p256(),
    commonName = 'node-1',
    isDirect,
    ip,
    ...fields
  }: LeafWishes = {}): Promise<NodeIdentity> {
    const by = isDirect === true ? this.root : this.intermediate;
    const der = await buildCertificate({
      issuer: by.signer,
      issuerName: by.certificate.subject,
      subject: distinguishedName({ organization: ['Ops'], commonName }),
      publicKey: publicKeyOf(key),
      serialNumber: Uint8Array.of(0x0a, 0x1b),
      notBefore: addSeconds(this.#now, -60),
      notAfter: addSeconds(this.#now, 86_400),
      isCa: false,
      keyUsage: ['digitalSignature'],
      ...(ip === undefined ? {} : { dnsSans: [PLACEHOLDER] }),
      ...fields,
    });
    const leaf = ip === undefined ? der : await withAddress(der, ip, by.signer);
    return { chain: [leaf, ...(isDirect === true ? [] : [this.intermediate.certificate.raw])], key };
  }
}

const publicKeyOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));

async function authority(commonName: string, now: Date, by: Authority | undefined): Promise<Authority> {
  const signer = keySigner(p256());
  const subject = distinguishedName({ commonName });
  const der = await buildCertificate({
    issuer: by?.signer ?? signer,
    issuerName: by?.certificate.subject ?? subject,
    subject,
    publicKey: signer.publicKey,
    serialNumber: Uint8Array.of(1),
    notBefore: addSeconds(now, -3_600),
    notAfter: addSeconds(now, 10 * 86_400),
    isCa: true,
    keyUsage: ['keyCertSign'],
    subjectKeyId: subjectKeyId(signer.publicKey),
  });
  return { certificate: parseCertificate(der), signer };
}

/** The builder writes no addresses: the placeholder becomes one, and the whole is signed again. */
function withAddress(der: Uint8Array, ip: string, signer: Signer): Promise<Uint8Array> {
  const tbs = Buffer.from(parseCertificate(der).tbs);
  const at = tbs.indexOf(Buffer.concat([Buffer.of(0x82, 4), Buffer.from(PLACEHOLDER)]));
  tbs.set([0x87, 4, ...ip.split('.').map(Number)], at);
  return signCertificate(tbs, signer);
}

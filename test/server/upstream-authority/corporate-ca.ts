/** A corporate CA as an operator has it: certificates, a key, and the files that server.conf names. */
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskUpstreamConfig } from '../../../server/upstream-authority/disk.ts';
import { toHex } from '../../../shared/bytes.ts';
import type { Certificate } from '../../../shared/crypto/certificate.ts';
import { generateKeyPair, keySigner, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import type { KeyType } from '../../../shared/crypto/signer.ts';
import type { Ending } from '../../fakes/database.ts';
import { type Changes, type Entity, makeIntermediate, makeRoot, named } from '../../shared/crypto/pki.ts';

/** As long as stories on the fake clock may take. */
const LASTING = { notBefore: new Date('2025-12-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };
/** A corporate CA knows nothing of SPIFFE. */
const PLAIN: Changes = { ...LASTING, uriSans: [] };

export interface CorporateCa extends Entity {
  readonly privateKey: KeyObject;
}

export async function corporateRoot(name = 'Acme Root', changes: Changes = {}): Promise<CorporateCa> {
  const { privateKey } = await generateKeyPair(changes.keyType ?? 'ec-p256');
  const issuer = keySigner(privateKey);
  const root = await makeRoot({
    ...PLAIN,
    issuer,
    subject: named(name),
    issuerName: named(name),
    ...changes,
  });
  return { ...root, privateKey };
}

export async function corporateIntermediate(
  parent: Entity,
  name = 'Acme Issuing',
  changes: Changes & { readonly keyType?: KeyType } = {},
): Promise<CorporateCa> {
  const { privateKey, publicKey } = await generateKeyPair(changes.keyType ?? 'ec-p256');
  const subject = named(name);
  const { certificate } = await makeIntermediate(parent, { ...PLAIN, subject, publicKey, ...changes });
  return { certificate, privateKey, signer: keySigner(privateKey) };
}

export const pemOf = (...certificates: readonly Certificate[]): string =>
  certificates.map(({ raw }) => formatPem('CERTIFICATE', raw)).join('');

export const keyPemOf = ({ privateKey }: Pick<CorporateCa, 'privateKey'>): string =>
  formatPem('PRIVATE KEY', privateKeyToPkcs8(privateKey));

export const keyIdOf = ({ certificate }: Entity): string =>
  toHex(certificate.subjectKeyId ?? new Uint8Array());

/** The files of an upstream CA, to be written as often as a test wants. */
export class UpstreamFiles {
  readonly directory = mkdtempSync(join(tmpdir(), 'writ-upstream-'));
  readonly certFilePath = join(this.directory, 'ca.pem');
  readonly keyFilePath = join(this.directory, 'ca.key');
  readonly bundleFilePath = join(this.directory, 'roots.pem');

  constructor(t: Ending) {
    t.after(() => rmSync(this.directory, { recursive: true, force: true }));
  }

  /** A CA that is its own root. */
  writeRoot(root: CorporateCa): DiskUpstreamConfig {
    this.#write(root, [root]);
    return { ...this.config, bundleFilePath: undefined };
  }

  /** A CA below others, the roots apart. */
  writeBelow(ca: CorporateCa, above: readonly Entity[], roots: readonly Entity[]): DiskUpstreamConfig {
    this.#write(ca, [ca, ...above]);
    writeFileSync(this.bundleFilePath, pemOf(...roots.map(({ certificate }) => certificate)));
    return this.config;
  }

  get config(): DiskUpstreamConfig {
    const { certFilePath, keyFilePath, bundleFilePath } = this;
    return { certFilePath, keyFilePath, bundleFilePath };
  }

  #write(ca: CorporateCa, chain: readonly Entity[]): void {
    writeFileSync(this.certFilePath, pemOf(...chain.map(({ certificate }) => certificate)));
    writeFileSync(this.keyFilePath, keyPemOf(ca), { mode: 0o600 });
  }
}

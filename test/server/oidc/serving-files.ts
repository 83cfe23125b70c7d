/** Certificates for a web server by an authority of the test's own, in files as an ACME client would leave them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addSeconds } from '../../../shared/clock.ts';
import { generateKeyPair } from '../../../shared/crypto/keys.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import type { Ending } from '../../fakes/database.ts';
import { type Entity, makeLeaf, makeRoot } from '../../shared/crypto/pki.ts';

const YEAR_SECONDS = 365 * 86_400;

export class ServingFiles {
  readonly directory = mkdtempSync(join(tmpdir(), 'writ-oidc-'));
  readonly certificatePath = join(this.directory, 'cert.pem');
  readonly keyPath = join(this.directory, 'key.pem');
  readonly caPem: string;
  readonly #root: Entity;

  private constructor(root: Entity) {
    this.#root = root;
    this.caPem = formatPem('CERTIFICATE', root.certificate.raw);
  }

  /** With a certificate for these names in it. */
  static async make(t: Ending, names: readonly string[]): Promise<ServingFiles> {
    const life = lifeAround(new Date());
    const root = await makeRoot({ ...life, uriSans: [] });
    const files = new ServingFiles(root);
    t.after(() => rmSync(files.directory, { recursive: true, force: true }));
    await files.renew(names);
    return files;
  }

  /** Writes another pair; `write: false` only makes it. */
  async renew(names: readonly string[], { now = new Date(), write = true } = {}) {
    const { privateKey, publicKey } = await generateKeyPair('ec-p256');
    const leaf = await makeLeaf(this.#root, {
      ...lifeAround(now),
      publicKey,
      dnsSans: names,
      uriSans: [],
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [Oid.serverAuth],
    });
    const certificate = formatPem('CERTIFICATE', leaf.certificate.raw);
    const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    if (write) {
      writeFileSync(this.keyPath, key, { mode: 0o600 });
      writeFileSync(this.certificatePath, certificate);
    }
    return { certificate, key };
  }
}

const lifeAround = (now: Date) => ({
  notBefore: addSeconds(now, -3_600),
  notAfter: addSeconds(now, YEAR_SECONDS),
});

/** Certificates by the openssl command: an authority, a server's, a client's. Used by the tests of TLS to Postgres. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pair {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), 'writ-tls-'));
  readonly certificatePath = join(this.folder, 'ca.pem');
  readonly #keyPath = join(this.folder, 'ca-key.pem');

  constructor() {
    openssl(
      'req',
      '-x509',
      ...newKey(this.#keyPath),
      '-subj',
      '/CN=authority',
      '-days',
      '2',
      '-out',
      this.certificatePath,
    );
  }

  get certificate(): string {
    return readFileSync(this.certificatePath, 'utf8');
  }

  /** `extension`: `subjectAltName=DNS:localhost`. */
  issue(commonName: string, extension: string): Pair {
    const at = (name: string): string => join(this.folder, name);
    writeFileSync(at('extensions'), extension);
    openssl('req', '-new', ...newKey(at('key.pem')), '-subj', `/CN=${commonName}`, '-out', at('csr.pem'));
    const signer = ['-CA', this.certificatePath, '-CAkey', this.#keyPath, '-CAcreateserial'];
    openssl(
      'x509',
      '-req',
      '-in',
      at('csr.pem'),
      ...signer,
      '-days',
      '2',
      '-extfile',
      at('extensions'),
      '-out',
      at('leaf.pem'),
    );
    return { certificate: readFileSync(at('leaf.pem'), 'utf8'), key: readFileSync(at('key.pem'), 'utf8') };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

const newKey = (path: string): readonly string[] =>
  `-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${path}`.split(' ');

const openssl = (...args: readonly string[]): void => {
  execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
};

/** Runs openssl on certificates, and reads how it prints them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { provide } from '../install.ts';

const program = provide({ command: 'openssl', debianPackage: 'openssl' });

/** An extension as openssl prints it: whether critical, and its values. */
export interface Extension {
  readonly isCritical: boolean;
  readonly values: readonly string[];
}

export interface PrintedCertificate {
  readonly version: string;
  readonly signatureAlgorithm: string;
  readonly subject: string;
  readonly issuer: string;
  readonly keyBits: string;
  /** By openssl's names, without `X509v3`. */
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** Throws with what openssl said, when it cannot read the certificate. */
export function printed(certificate: Uint8Array): PrintedCertificate {
  const { status, stdout, stderr } = spawnSync(
    program,
    ['x509', '-noout', '-text', '-inform', 'DER', '-nameopt', 'RFC2253'],
    { input: certificate, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`openssl x509: ${stderr}`);
  const field = (pattern: RegExp): string => pattern.exec(stdout)?.[1]?.trim() ?? '';
  return {
    version: field(/Version: (\d+)/),
    signatureAlgorithm: field(/Signature Algorithm: (\S+)/),
    subject: field(/Subject:(.*)/),
    issuer: field(/Issuer:(.*)/),
    keyBits: field(/Public-Key: \((\d+) bit/),
    extensions: extensionsOf(stdout),
  };
}

/** A name with a colon at twelve spaces, its values at sixteen. */
function extensionsOf(text: string): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  for (const match of text.matchAll(/^ {12}(?:X509v3 )?([^\n:]+): (critical)?\s*\n((?: {16}.*\n)+)/gm)) {
    const [, name = '', critical, values = ''] = match;
    if (found.has(name)) throw new Error(`extension ${name} is there twice`);
    found.set(name, {
      isCritical: critical !== undefined,
      values: values
        .split(/[,\n]/)
        .map((value) => value.trim())
        .filter((value) => value !== ''),
    });
  }
  return found;
}

export interface Verification {
  readonly certificate: Uint8Array;
  readonly authorities: readonly Uint8Array[];
  /** Sent along with it. */
  readonly intermediates?: readonly Uint8Array[];
  readonly purpose: 'sslserver' | 'sslclient';
  readonly at: Date;
}

/** The empty text when openssl, strict, finds a path to an authority; else what it has against it. */
export function verify({ certificate, authorities, intermediates = [], purpose, at }: Verification): string {
  const folder = mkdtempSync(join(tmpdir(), 'writ-openssl-'));
  try {
    const bundle = join(folder, 'bundle.pem');
    const leaf = join(folder, 'leaf.pem');
    const untrusted = join(folder, 'untrusted.pem');
    const pem = (list: readonly Uint8Array[]): string =>
      list.map((der) => formatPem('CERTIFICATE', der)).join('');
    writeFileSync(bundle, pem(authorities));
    writeFileSync(untrusted, pem(intermediates));
    writeFileSync(leaf, formatPem('CERTIFICATE', certificate));
    const time = String(Math.floor(at.getTime() / 1_000));
    const args = ['verify', '-x509_strict', '-check_ss_sig', '-no-CApath', '-no-CAstore', '-attime', time];
    const sent = intermediates.length === 0 ? [] : ['-untrusted', untrusted];
    const { status, stderr, stdout } = spawnSync(
      program,
      [...args, '-purpose', purpose, '-CAfile', bundle, ...sent, leaf],
      { encoding: 'utf8' },
    );
    return status === 0 ? '' : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

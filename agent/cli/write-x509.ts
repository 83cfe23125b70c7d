/** `api fetch x509 -write`: SVIDs, keys and bundles as PEM files, named as SPIRE names them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../shared/cli/flag.ts';
import { utf8 } from '../../shared/bytes.ts';
import type { X509Context, X509Identity } from '../../shared/client/x509-context.ts';
import { privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { messageOf } from '../../shared/errors.ts';
import { writeFileAtomic } from '../../shared/files.ts';
import { federatedBundles } from './federated-bundles.ts';

/** Throws when there is no such directory, or a file cannot be written. Keys are 0600, the rest 0644. `say` hears of each file before it is written. */
export function writeX509(context: X509Context, directory: string, say: (line: string) => void): void {
  if (!existsSync(directory)) throw new UsageError(`there is no directory ${directory} to write to`);
  for (const { what, name, pem, mode } of filesOf(context)) {
    const path = join(directory, name);
    say(`Writing ${what} to file ${path}.\n`);
    try {
      writeFileAtomic(path, utf8(pem), mode);
    } catch (error) {
      throw new Error(`cannot write ${path}: ${messageOf(error)}`, { cause: error });
    }
  }
}

interface PemFile {
  readonly what: string;
  readonly name: string;
  readonly pem: string;
  readonly mode: number;
}

const filesOf = (context: X509Context): readonly PemFile[] =>
  context.identities.flatMap((identity, at) => filesOfSvid(identity, at, context));

function filesOfSvid({ svid, chain, privateKey }: X509Identity, at: number, context: X509Context): PemFile[] {
  const key = formatPem('PRIVATE KEY', privateKeyToPkcs8(privateKey));
  const bundle = context.bundles.get(svid.id.trustDomain.name) ?? [];
  return [
    { what: `SVID #${at}`, name: `svid.${at}.pem`, pem: certificates(chain), mode: 0o644 },
    { what: `key #${at}`, name: `svid.${at}.key`, pem: key, mode: 0o600 },
    { what: `bundle #${at}`, name: `bundle.${at}.pem`, pem: certificates(bundle), mode: 0o644 },
    ...federatedBundles(context, svid).map(([name, ders], of) => ({
      what: `federated bundle #${of} for trust domain ${name}`,
      name: `federated_bundle.${at}.${of}.pem`,
      pem: certificates(ders),
      mode: 0o644,
    })),
  ];
}

const certificates = (ders: readonly Uint8Array[]): string =>
  ders.map((der) => formatPem('CERTIFICATE', der)).join('');

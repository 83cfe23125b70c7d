/** `api fetch x509 -write`: SVIDs, keys and bundles as PEM files, named as SPIRE names them. */
import { join } from 'node:path';
import type { Terminal } from '../../shared/cli/command.ts';
import { utf8 } from '../../shared/bytes.ts';
import type { X509Context, X509Identity } from '../../shared/client/x509-context.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import { writeFileAtomic } from '../../shared/files.ts';

export interface WriteTo {
  readonly directory: string;
  readonly isSilent: boolean;
}

/** Throws when the directory cannot be written. Keys are 0600, the rest 0644. */
export function writeX509(context: X509Context, { directory, isSilent }: WriteTo, terminal: Terminal): void {
  const say = (what: string, path: string): void => {
    if (!isSilent) terminal.out(`Writing ${what} to file ${path}.\n`);
  };
  context.identities.forEach((identity, at) => {
    for (const { what, name, pem, mode } of filesOf(identity, at, context)) {
      const path = join(directory, name);
      say(what, path);
      writeFileAtomic(path, utf8(pem), mode);
    }
  });
}

interface PemFile {
  readonly what: string;
  readonly name: string;
  readonly pem: string;
  readonly mode: number;
}

function filesOf(identity: X509Identity, at: number, context: X509Context): PemFile[] {
  const own = identity.svid.id.trustDomain.name;
  const federated = [...context.bundles].filter(([name]) => name !== own);
  const key = privateKeyToPkcs8(identity.privateKey);
  return [
    { what: `SVID #${at}`, name: `svid.${at}.pem`, pem: certificates(identity.chain), mode: 0o644 },
    { what: `key #${at}`, name: `svid.${at}.key`, pem: formatPem('PRIVATE KEY', key), mode: 0o600 },
    {
      what: `bundle #${at}`,
      name: `bundle.${at}.pem`,
      pem: certificates(context.bundles.get(own) ?? []),
      mode: 0o644,
    },
    ...federated.map(([name, ders], of) => ({
      what: `federated bundle #${of} of ${name} for SVID #${at}`,
      name: `federated_bundle.${at}.${of}.pem`,
      pem: certificates(ders),
      mode: 0o644,
    })),
  ];
}

const certificates = (ders: readonly Uint8Array[]): string =>
  ders.map((der) => formatPem('CERTIFICATE', der)).join('');

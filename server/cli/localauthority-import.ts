/** `localauthority x509 import`, of our own: a CA certificate and private key out of files become an authority of the server. */
import type { ImportX509AuthorityResponseOutput } from '../../proto/gen/writ/localauthority/v1/ImportX509AuthorityResponse.ts';
import type { LocalAuthorityImportDefinition } from '../../proto/gen/writ/localauthority/v1/LocalAuthorityImport.ts';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printable } from '../../shared/cli/printable.ts';
import { timeText } from '../../shared/cli/time-text.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { readPrivateFile } from '../../shared/crypto/private-file.ts';
import { parsePrivateKeyPem } from '../../shared/crypto/private-key-pem.ts';
import { messageOf } from '../../shared/errors.ts';
import { LOCAL_AUTHORITY_IMPORT, withService } from './call-server.ts';
import { readText } from './json-file.ts';
import { authorityBlock } from './print-authority.ts';

const KEY_FILE_MAX_BYTES = 65_536; // a key and words beside it
const AT_ONCE =
  'it signs at once: whoever does not have the new bundle yet refuses what it signs. Agents that are connected have it within seconds';

export const localauthorityImport: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const certificates = [...certificatesOf(flags, 'certPath'), ...certificatesOf(flags, 'chainPath')];
  const activate = flags.is('activate');
  const private_key = readKey(needed(flags, 'keyPath'));
  try {
    const typed = { flags, terminal };
    return await withService<LocalAuthorityImportDefinition, number>(
      LOCAL_AUTHORITY_IMPORT,
      typed,
      async (client) => {
        const response = await client.unary('ImportX509Authority', { certificates, private_key, activate });
        terminal.out(asJson ? `${toJson(response)}\n` : told(response, terminal));
        if (response.is_active) terminal.err(`Warning: ${AT_ONCE}\n`);
        return 0;
      },
    );
  } finally {
    private_key.fill(0);
  }
};

/** Certificates are no secret: of whom their file is does not matter. */
function certificatesOf(flags: Flags, flag: 'certPath' | 'chainPath'): readonly Buffer[] {
  if (flag === 'chainPath' && !flags.has(flag)) return [];
  const path = needed(flags, flag);
  const text = readText(path, `-${flag}`);
  try {
    const found = parsePem(text, 'CERTIFICATE');
    if (found.length === 0) throw new Error('there is no certificate in PEM');
    return found.map((der) => Buffer.from(der));
  } catch (error) {
    throw new UsageError(`-${flag} ${path}: ${messageOf(error)}`);
  }
}

/** PKCS #8, DER; what was read is wiped. */
function readKey(path: string): Buffer {
  const pem = readPrivateFile(path, KEY_FILE_MAX_BYTES);
  if (pem === undefined) throw new UsageError(`-keyPath ${path}: there is no such file`);
  try {
    return parsePrivateKeyPem(pem).export({ type: 'pkcs8', format: 'der' });
  } catch (error) {
    throw new UsageError(`-keyPath ${path}: ${messageOf(error)}`);
  } finally {
    pem.fill(0);
  }
}

function needed(flags: Flags, flag: string): string {
  const path = flags.text(flag);
  if (path === '') throw new UsageError(`-${flag} is required`);
  return path;
}

function told(response: ImportX509AuthorityResponseOutput, { program }: Terminal): string {
  const { authority, is_active: isActive, followed_after: followedAfter } = response;
  const id = printable(authority?.authority_id ?? '');
  return (
    `Imported ${isActive ? 'active' : 'prepared'} X.509 authority:\n${authorityBlock('X509', authority)}\n` +
    (isActive
      ? ''
      : `It signs when rotation comes to it, or from this on: ${program} localauthority x509 activate -authorityID ${id}\n`) +
    `After ${timeText(followedAfter)} the server makes a self-signed one to follow it: import another before.\n`
  );
}

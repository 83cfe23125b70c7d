/** `x509 mint`: makes a key here and has the server sign an X509-SVID for it. */
import { join } from 'node:path';
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { SVIDDefinition } from '../../proto/gen/spire/api/server/svid/v1/SVID.ts';
import { toBase64, utf8 } from '../../shared/bytes.ts';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { fromUnixSeconds } from '../../shared/clock.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import { generateKeyPair, keySigner, privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { writeFileAtomic } from '../../shared/files.ts';
import { BUNDLE, SVID, type Typed, withService } from './call-server.ts';
import { askedLife, neededSpiffeId, warnWhenCapped } from './minting.ts';

export const x509Mint: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const spiffeId = neededSpiffeId(flags);
  const { privateKey } = await generateKeyPair('ec-p256');
  const csr = await buildCsr(keySigner(privateKey), { spiffeId, dnsNames: flags.list('dns') });
  const minted = await mint({ flags, terminal }, csr);
  const keyed = { ...minted, key: privateKeyToPkcs8(privateKey) };
  if (flags.text('write') !== '') writeFiles(flags.text('write'), keyed, terminal);
  else if (asJson) terminal.out(jsonOf(keyed));
  else terminal.out(prettyOf(keyed));
  return 0;
};

interface Minted {
  readonly chain: readonly Uint8Array[];
  readonly roots: readonly Uint8Array[];
}

async function mint(typed: Typed, request: Uint8Array): Promise<Minted> {
  const asked = askedLife(typed.flags);
  const csr = Buffer.from(request);
  const { svid } = await withService<SVIDDefinition, { svid: SvidOutput | null }>(SVID, typed, (client) =>
    client.unary('MintX509SVID', { csr, ttl: asked.ttlSeconds }),
  );
  if (svid === null || svid.cert_chain.length === 0) throw new Error('the server sent no SVID');
  const { x509_authorities: roots } = await withService<BundleDefinition, { x509_authorities: Root[] }>(
    BUNDLE,
    typed,
    (client) => client.unary('GetBundle', {}),
  );
  if (roots.length === 0) throw new Error('the server sent no X.509 authorities');
  const expiresAt = fromUnixSeconds(Number(svid.expires_at));
  warnWhenCapped(typed.terminal, { kind: 'X509-SVID', expiresAt, asked });
  return { chain: svid.cert_chain, roots: roots.map(({ asn1 }) => asn1) };
}

interface SvidOutput {
  readonly cert_chain: readonly Buffer[];
  readonly expires_at: string;
}

interface Root {
  readonly asn1: Buffer;
}

interface Keyed extends Minted {
  readonly key: Uint8Array;
}

const certificates = (ders: readonly Uint8Array[]): string =>
  ders.map((der) => formatPem('CERTIFICATE', der)).join('');

const prettyOf = ({ chain, key, roots }: Keyed): string =>
  `X509-SVID:\n${certificates(chain)}\nPrivate key:\n${formatPem('PRIVATE KEY', key)}\nRoot CAs:\n${certificates(roots)}\n`;

/** A list of one, as SPIRE prints it. */
const jsonOf = ({ chain, key, roots }: Keyed): string =>
  `${JSON.stringify([
    { x509_svid: chain.map(toBase64), private_key: toBase64(key), root_cas: roots.map(toBase64) },
  ])}\n`;

const FOR_ALL = 0o644;
const FOR_OWNER = 0o600;

function writeFiles(directory: string, { chain, key, roots }: Keyed, terminal: Terminal): void {
  const files = [
    { what: 'X509-SVID', name: 'svid.pem', text: certificates(chain), mode: FOR_ALL },
    { what: 'Private key', name: 'key.pem', text: formatPem('PRIVATE KEY', key), mode: FOR_OWNER },
    { what: 'Root CAs', name: 'bundle.pem', text: certificates(roots), mode: FOR_ALL },
  ];
  for (const { what, name, text, mode } of files) {
    const path = join(directory, name);
    writeFileAtomic(path, utf8(text), mode);
    terminal.out(`${what} written to ${path}\n`);
  }
}

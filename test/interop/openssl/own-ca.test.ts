/**
 * CAs as an operator makes them: by the very commands of deploy/own-ca.md, with keys of EC and of RSA. A running server
 * imports them, and openssl verifies what it signs.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fromBase64, toBase64 } from '../../../shared/bytes.ts';
import { parsePem } from '../../../shared/crypto/pem.ts';
import { System } from '../system.ts';
import { printed, verify } from './openssl.ts';
import { checkProfile, leaf } from './profiles.ts';

const PAGE = join(import.meta.dirname, '..', '..', '..', 'deploy', 'own-ca.md');
const EC = 'openssl ecparam -name prime256v1 -genkey -noout -out ca.key';
const SPIFFE_ID = 'spiffe://example.org/minted';

/** The commands of the page, as they stand there. */
const [, commands = ''] = /^```sh\n(.*?)^```$/ms.exec(readFileSync(PAGE, 'utf8')) ?? [];

let system: System;
const folders: string[] = [];
before(async () => {
  system = await System.startWithoutAgent();
});
after(async () => {
  await system?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Makes a CA; the folder of its files. */
function makeCa(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'writ-own-ca-'));
  folders.push(folder);
  const shown = execFileSync('sh', ['-euc', script], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  assert.match(shown, /^ca\.pem: OK$/m);
  return folder;
}

const certificateIn = (folder: string, name: string): Uint8Array =>
  parsePem(readFileSync(join(folder, name), 'utf8'), 'CERTIFICATE')[0] ?? assert.fail(name);

async function mint(): Promise<readonly Uint8Array[]> {
  const text = await system.serverCli('x509', 'mint', '-spiffeID', SPIFFE_ID, '-output', 'json');
  const [minted] = JSON.parse(text) as readonly { x509_svid: readonly string[] }[];
  return (minted?.x509_svid ?? []).map((der) => fromBase64(der) ?? assert.fail());
}

async function published(): Promise<readonly string[]> {
  return parsePem(await system.serverCli('bundle', 'show'), 'CERTIFICATE').map(toBase64);
}

const keys: readonly (readonly [string, string, string])[] = [
  ['P-256, as the page has it', EC, 'ecdsa-with-SHA256'],
  ['P-384', 'openssl ecparam -name secp384r1 -genkey -out ca.key', 'ecdsa-with-SHA384'],
  ['RSA of 2048 bits', 'openssl genrsa -out ca.key 2048', 'sha256WithRSAEncryption'],
  [
    'RSA of 4096 bits in PKCS #1',
    'openssl genrsa -out new.key 4096 && openssl rsa -in new.key -traditional -out ca.key',
    'sha256WithRSAEncryption',
  ],
];
for (const [name, command, signature] of keys)
  test(`an issuing CA with a key of ${name} is imported, and openssl verifies what it signs`, async () => {
    assert.ok(commands.includes(EC), 'the page makes its key by this command');
    const folder = makeCa(commands.replace(EC, command));
    const files = ['-certPath', join(folder, 'ca.pem'), '-keyPath', join(folder, 'ca.key')];
    const above = ['-chainPath', join(folder, 'root.pem')];
    const told = await system.serverCli('localauthority', 'x509', 'import', ...files, ...above);
    assert.match(told, /^Imported prepared X\.509 authority:\n/);
    const root = certificateIn(folder, 'root.pem');
    assert.ok((await published()).includes(toBase64(root)));

    const [, id = ''] = /Authority ID: ([0-9a-f]+)/.exec(told) ?? [];
    await system.serverCli('localauthority', 'x509', 'activate', '-authorityID', id);
    const [certificate = new Uint8Array(), ...intermediates] = await mint();
    assert.deepEqual(intermediates.map(toBase64), [toBase64(certificateIn(folder, 'ca.pem'))]);
    checkProfile(certificate, leaf, { spiffeId: SPIFFE_ID });
    assert.equal(printed(certificate).signatureAlgorithm, signature);
    const at = system.now();
    for (const purpose of ['sslserver', 'sslclient'] as const)
      assert.equal(verify({ certificate, intermediates, authorities: [root], purpose, at }), '');
    assert.match(
      verify({ certificate, authorities: [root], purpose: 'sslserver', at }),
      /unable to get local issuer certificate/,
    );
  });

test('a root is imported, and openssl verifies what it signs', async () => {
  const folder = makeCa(commands);
  const files = ['-certPath', join(folder, 'root.pem'), '-keyPath', join(folder, 'root.key')];
  await system.serverCli('localauthority', 'x509', 'import', ...files, '-activate');
  const [certificate = new Uint8Array(), ...others] = await mint();
  assert.deepEqual(others, []);
  const authorities = [certificateIn(folder, 'root.pem')];
  assert.equal(verify({ certificate, authorities, purpose: 'sslserver', at: system.now() }), '');
});

test('a key that everybody can read, and one that is encrypted, are refused with what to do', async () => {
  const folder = makeCa(commands);
  const open = { cwd: folder, stdio: 'ignore' } as const;
  execFileSync(
    'sh',
    ['-euc', 'openssl pkey -in ca.key -aes256 -passout pass:x -out locked.key; chmod 644 ca.key'],
    open,
  );
  const attempt = (key: string): Promise<string> =>
    system.serverCli(
      'localauthority',
      'x509',
      'import',
      '-certPath',
      join(folder, 'ca.pem'),
      '-keyPath',
      join(folder, key),
      '-chainPath',
      join(folder, 'root.pem'),
    );
  await assert.rejects(
    attempt('ca.key'),
    /can be reached by others than its owner \(mode 644\): chmod 600 it/,
  );
  await assert.rejects(attempt('locked.key'), /private key is encrypted: decrypt it first/);
});

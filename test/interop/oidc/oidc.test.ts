/** Real processes all around: tokens from a server's command line, verified by a relying party in Python through the provider. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Endings } from '../../fakes/endings.ts';
import { ServingFiles } from '../../server/oidc/serving-files.ts';
import { freePort } from '../free-port.ts';
import { providePython } from '../install.ts';
import { eventually, Program } from '../program.ts';
import { System, WRIT } from '../system.ts';
import type { SystemOptions } from '../system-files.ts';

const AUDIENCE = 'relying-party';
const OWN = 'own';
const SUBJECT = 'spiffe://example.org/web';

const endings = new Endings();
let python: string;
before(() => {
  python = providePython(join(import.meta.dirname, 'requirements.txt'));
});
after(() => endings.end());

interface Setting {
  readonly keyType: NonNullable<SystemOptions['jwtKeyType']>;
  /** Of the tokens, as the server is told; OWN: the provider's address. */
  readonly issuer: string | undefined;
  readonly source: 'server_api' | 'file';
}

/** A provider under its SPIRE name, and the server behind it. */
async function start({ keyType, issuer, source }: Setting) {
  const port = await freePort();
  const url = `https://localhost:${port}`;
  const jwtIssuer = issuer === OWN ? url : issuer;
  const system = await System.startWithoutAgent({
    jwtKeyType: keyType,
    ...(jwtIssuer === undefined ? {} : { jwtIssuer }),
  });
  endings.after(() => system.stop());
  const files = await ServingFiles.make(endings, ['localhost']);
  const at = (name: string): string => join(files.directory, name);
  writeFileSync(at('ca.pem'), files.caPem);
  symlinkSync(WRIT, at('oidc-discovery-provider'));
  const where = {
    server_api: `address = "unix://${system.files.serverSocket}"`,
    file: `path = "${at('bundle.json')}"`,
  };
  const conf = at('oidc.conf');
  writeFileSync(
    conf,
    `domains = ["localhost"]
    ${issuer === undefined || issuer === OWN ? '' : `jwt_issuer = "${issuer}"`}
    serving_cert_file {
      cert_file_path = "${files.certificatePath}" key_file_path = "${files.keyPath}" addr = "127.0.0.1:${port}"
    }
    ${source} { ${where[source]} poll_interval = "200ms" }
    log_level = "DEBUG" log_requests = true`,
  );
  const export_ = async (): Promise<void> =>
    writeFileSync(at('bundle.json'), await system.serverCli('bundle', 'show', '-format', 'spiffe'));
  if (source === 'file') await export_();
  const provider = Program.start({
    name: 'oidc-discovery-provider',
    command: at('oidc-discovery-provider'),
    args: ['-config', conf],
    logPath: at('oidc.log'),
  });
  endings.after(() => provider.stop());
  await provider.until('keys', () => provider.output().includes('keys published'));
  const party = new RelyingParty([url, at('ca.pem'), AUDIENCE, ...(issuer === undefined ? [] : ['issuer'])]);
  endings.after(() => party.stop());
  return { system, provider, party, url, export: export_ };
}

type Said = Readonly<Record<string, string | null>>;

/** One process, which keeps what it fetched as long as its library does. */
class RelyingParty {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly string[]) {
    const child = spawn(python, [join(import.meta.dirname, 'relying_party.py'), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines: Interface = createInterface({ input: child.stdout });
    this.#lines = lines[Symbol.asyncIterator]();
    this.#child = child;
  }

  async next(): Promise<Said> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the relying party ended');
    return JSON.parse(String(value)) as Said;
  }

  verify(token: string): Promise<Said> {
    this.#child.stdin?.write(`${token}\n`);
    return this.next();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin?.end();
    await once(this.#child, 'exit');
  }
}

async function mint(system: System): Promise<string> {
  return (await system.serverCli('jwt', 'mint', '-spiffeID', SUBJECT, '-audience', AUDIENCE)).trim();
}

const settings: readonly (Setting & { readonly algorithm: string; readonly what: string })[] = [
  {
    what: 'an issuer that is configured',
    keyType: 'rsa-2048',
    algorithm: 'RS256',
    issuer: 'https://tokens.example.org/tenant',
    source: 'server_api',
  },
  {
    what: 'the provider as the issuer, and keys from a file',
    keyType: 'ec-p256',
    algorithm: 'ES256',
    issuer: OWN,
    source: 'file',
  },
  { what: 'no issuer', keyType: 'ec-p384', algorithm: 'ES384', issuer: undefined, source: 'server_api' },
];
for (const { what, algorithm, ...setting } of settings)
  test(`a Python relying party verifies ${algorithm} across a rotation, with ${what}`, async () => {
    const { system, provider, party, url, export: exportBundle } = await start(setting);
    const iss = setting.issuer === OWN ? url : (setting.issuer ?? null);
    assert.deepEqual(await party.next(), { issuer: iss ?? url });
    const old = await mint(system);
    const first = await party.verify(old);
    assert.deepEqual(first, { sub: SUBJECT, iss, kid: first['kid'] ?? '', alg: algorithm });
    const prepared = await system.serverCli('localauthority', 'jwt', 'prepare', '-output', 'json');
    const { prepared_authority: next } = JSON.parse(prepared) as {
      prepared_authority: { authority_id: string };
    };
    if (setting.source === 'file') await exportBundle();
    await eventually('two keys', () => /keys published.*count=2/.test(provider.output()) || undefined);
    await system.serverCli('localauthority', 'jwt', 'activate', '-authorityID', next.authority_id);
    const second = await party.verify(await mint(system));
    assert.deepEqual(second, { sub: SUBJECT, iss, kid: next.authority_id, alg: algorithm });
    assert.notEqual(second['kid'], first['kid']);
    assert.deepEqual(await party.verify(old), first);
    const [head = '', body = '', signature = ''] = old.split('.');
    const forged = `${head}.${body}.${signature.split('').reverse().join('')}`;
    assert.match(String((await party.verify(forged))['error']), /Signature|Decode/);
    assert.match(provider.output(), /level=debug msg="Incoming request" method=GET .*url=\/keys/);
  });

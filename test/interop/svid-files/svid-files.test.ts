/**
 * `spiffe-helper` (a link to the launcher) as a process beside a real agent: its files serve openssl, which knows no Workload
 * API, through a rotation, and its JWT-SVID is verified by jose with the bundle that it wrote.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { freePort } from '../free-port.ts';
import { provide } from '../install.ts';
import { eventually, Program } from '../program.ts';
import { System, WRIT } from '../system.ts';

const run = promisify(execFile);
const TTL = '20s';

let system: System;
let helper: Program;
let openssl = '';
let port = 0;
let healthPort = 0;
let command = '';
let certs = '';
const at = (name: string): string => join(certs, name);

const health = async (path: string): Promise<{ code: number; body: unknown }> => {
  const response = await fetch(`http://127.0.0.1:${healthPort}${path}`);
  return { code: response.status, body: await response.json() };
};

before(async () => {
  openssl = provide({ command: 'openssl', debianPackage: 'openssl' });
  system = await System.start({ x509SvidTtl: TTL });
  await system.register({
    spiffeId: system.idOf('/web'),
    selectors: ['unix:uid:0'],
    dnsNames: ['web.example.org'],
  });
  [port, healthPort] = [await freePort(), await freePort()];
  certs = join(system.files.directory, 'certs');
  mkdirSync(certs, { mode: 0o700 });
  command = join(system.files.directory, 'spiffe-helper');
  symlinkSync(WRIT, command);
  const config = join(system.files.directory, 'helper.conf');
  writeFileSync(
    config,
    `
agent_address = "${system.files.agentSocket}"
cert_dir = "${certs}"
cmd = "${openssl}"
cmd_args = "s_server -accept 127.0.0.1:${port} -cert ${at('svid.pem')} -cert_chain ${at('svid.pem')} -key ${at('key.pem')} -www -quiet"
restart_on_renew = true
svid_file_name = "svid.pem"
svid_key_file_name = "key.pem"
svid_bundle_file_name = "bundle.pem"
jwt_svids = [{ jwt_audience = "payments" jwt_svid_file_name = "token" }]
jwt_bundle_file_name = "jwks.json"
key_file_mode = 0640
file_gid = 65534
health_checks { listener_enabled = true bind_port = ${healthPort} }
`,
  );
  const logPath = join(system.files.directory, 'helper.log');
  helper = Program.start({ name: 'helper', command, args: ['-config', config], logPath });
  await helper.until('ready', () =>
    health('/ready').then(
      ({ code }) => code === 200,
      () => false,
    ),
  );
});

after(async () => {
  await helper?.stop();
  const folder = system?.files.directory;
  await system?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** The serial number of the certificate that openssl's client verified. Throws when it does not hold. */
async function served(): Promise<string> {
  const client = run(openssl, [
    's_client',
    '-connect',
    `127.0.0.1:${port}`,
    '-CAfile',
    at('bundle.pem'),
    '-verify_return_error',
  ]);
  client.child.stdin?.end();
  const { stdout } = await client;
  assert.match(stdout, /Verify return code: 0 \(ok\)/);
  const [certificate] = /-----BEGIN[^]*?END CERTIFICATE-----/.exec(stdout) ?? [];
  return execFileSync(openssl, ['x509', '-noout', '-serial'], { input: certificate ?? '', encoding: 'utf8' });
}

test('its files are there, with their modes and owner, and openssl finds them in order', () => {
  const { gid, mode } = statSync(at('key.pem'));
  assert.deepEqual([gid, mode & 0o777], [65_534, 0o640]);
  assert.equal(statSync(at('token')).mode & 0o777, 0o600);
  const verdict = execFileSync(openssl, [
    'verify',
    '-CAfile',
    at('bundle.pem'),
    '-untrusted',
    at('svid.pem'),
    at('svid.pem'),
  ]);
  assert.match(verdict.toString(), /svid\.pem: OK/);
  const publicKey = (...args: readonly string[]): string => execFileSync(openssl, args, { encoding: 'utf8' });
  assert.equal(
    publicKey('x509', '-in', at('svid.pem'), '-noout', '-pubkey'),
    publicKey('pkey', '-in', at('key.pem'), '-pubout'),
  );
});

test('its JWT-SVID holds by the bundle that it wrote', async () => {
  const bundles = JSON.parse(readFileSync(at('jwks.json'), 'utf8')) as Record<string, string>;
  assert.deepEqual(Object.keys(bundles), ['example.org']);
  const { keys } = JSON.parse(
    Buffer.from(bundles['example.org'] ?? '', 'base64').toString(),
  ) as JSONWebKeySet;
  const usable = { keys: keys.map(({ use: _use, ...key }) => key) }; // jose passes over `jwt-svid`
  const { payload } = await jwtVerify(readFileSync(at('token'), 'utf8'), createLocalJWKSet(usable), {
    audience: 'payments',
  });
  assert.equal(payload.sub, system.idOf('/web'));
});

test('the program that it runs serves the next SVID after a rotation, and the last one never expires', async () => {
  const first = await eventually('a TLS server', served);
  const next = await eventually('the next SVID', async () => {
    const serial = await served(); // a restart in between is tried again
    return serial === first ? undefined : serial;
  });
  assert.notEqual(next, first);
  const { code, body } = await health('/live');
  assert.equal(code, 200);
  assert.equal(
    (body as { file_write_statuses: Record<string, string> }).file_write_statuses['x509'],
    'written',
  );
});

test('told to write once, it ends with 0; where there is nothing for it, with 1 and the reason', () => {
  const once = (socket: string, extra = ''): { readonly status: number | null; readonly said: string } => {
    const path = join(system.files.directory, 'once.conf');
    writeFileSync(
      path,
      `agent_address = "${socket}" cert_dir = "${certs}" jwt_svids = [{jwt_audience="x" jwt_svid_file_name="t2"}]\n${extra}`,
    );
    const { status, stdout, stderr } = spawnSync(command, ['-config', path, '-daemon-mode=false'], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    return { status, said: `${stdout}${stderr}` };
  };
  const good = once(system.files.agentSocket);
  assert.equal(good.status, 0, good.said);
  assert.match(readFileSync(at('t2'), 'utf8'), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const away = once('/nowhere.sock');
  assert.equal(away.status, 1);
  assert.match(away.said, /\/nowhere\.sock/);
  const wrong = once(system.files.agentSocket, 'jwt_bundle_filename = "x"');
  assert.equal(wrong.status, 1);
  assert.match(wrong.said, /once\.conf:2:1: unknown key "jwt_bundle_filename"/);
  const nowhere = once(system.files.agentSocket, 'jwt_bundle_file_name = "/no/such/folder/x"');
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.said, /directory \/no\/such\/folder .*create it/);
});

test('stopped, it takes the program with it', async () => {
  await helper.stop();
  await assert.rejects(served());
});

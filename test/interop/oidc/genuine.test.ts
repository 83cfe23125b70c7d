/**
 * SPIRE's own provider beside ours, with the same file and the same server: asked the same, they answer the same, but for
 * the differences that are named here. And ours behind a genuine spire-agent, whose Workload API it reads.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request, type RequestOptions } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../../shared/clock.ts';
import { Endings } from '../../fakes/endings.ts';
import { FakeDatastore } from '../../fakes/datastore.ts';
import { type RunningServer, startServer } from '../../fakes/server-under-test.ts';
import { freePort } from '../free-port.ts';
import { eventually, Program } from '../program.ts';
import { GenuineAgent } from '../spire/genuine-agent.ts';
import { provideSpire, type SpirePrograms } from '../spire/programs.ts';
import { System, WRIT } from '../system.ts';

const KEYS = '/keys';
const DOCUMENT = '/.well-known/openid-configuration';

const endings = new Endings();
const directory = mkdtempSync(join(tmpdir(), 'writ-oidc-'));
let programs: SpirePrograms;
before(() => {
  programs = provideSpire();
});
after(async () => {
  await endings.end();
  rmSync(directory, { recursive: true });
});

/** A provider's process; its port. */
async function launch(who: 'ours' | 'theirs', text: string): Promise<{ port: number; program: Program }> {
  const port = await freePort();
  const conf = join(directory, `${port}.conf`);
  writeFileSync(conf, text.replace('PORT', String(port)));
  const [command, args] = who === 'ours' ? ['sh', [WRIT, 'server', 'oidc']] : [programs.oidc, []];
  const program = Program.start({
    name: `oidc, ${who}`,
    command,
    args: [...args, '-config', conf],
    logPath: join(directory, `${port}.log`),
    isTied: who === 'ours',
  });
  endings.after(() => program.stop());
  await program.until('listening', () => answers(port));
  return { port, program };
}

const answers = (port: number): Promise<boolean> =>
  ask(port, '/').then(
    () => true,
    () => false,
  );

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly type: string | undefined;
  readonly cache: string | undefined;
}

async function ask(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, agent: false, ...options }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const body = Buffer.concat(await response.toArray()).toString();
  const { 'content-type': type, 'cache-control': cache } = response.headers;
  return { status: response.statusCode, body, type, cache };
}

async function both(text: string) {
  const [ours, theirs] = await Promise.all([launch('ours', text), launch('theirs', text)]);
  return async (path: string, options?: RequestOptions) => {
    const [a, b] = await Promise.all([ask(ours.port, path, options), ask(theirs.port, path, options)]);
    return { ours: a, theirs: b };
  };
}

const confOf = (more: string, source: string): string => `
  domains = ["a.example.org", "localhost", "xn--bcher-kva.example"]
  insecure_addr = "127.0.0.1:PORT"
  ${source}
  ${more}`;

describe("SPIRE's provider and ours", () => {
  let server: RunningServer;
  before(async () => {
    const jwt = { isEnabled: true, keyType: 'ec-p384', issuer: undefined, defaultTtlSeconds: 300 } as const;
    server = await startServer(endings, { datastore: new FakeDatastore(systemClock), config: { jwt } });
    const { localAuthority } = server.admin;
    const { active: first } = await localAuthority.unary('GetJWTAuthorityState', {});
    const { prepared_authority: next } = await localAuthority.unary('PrepareJWTAuthority', {});
    await localAuthority.unary('ActivateJWTAuthority', { authority_id: next?.authority_id ?? '' });
    await localAuthority.unary('TaintJWTAuthority', { authority_id: first?.authority_id ?? '' });
  });
  const source = () => `server_api { address = "unix://${server.socketPath}" poll_interval = "200ms" }`;

  const requests: readonly (readonly [string, RequestOptions])[] = [
    [DOCUMENT, { headers: { host: 'a.example.org' } }],
    [`${DOCUMENT}?x=y`, { headers: { host: 'a.example.org:8443' } }],
    [DOCUMENT, { headers: { host: 'xn--bcher-kva.example' } }],
    [DOCUMENT, { headers: { host: 'b.example.org' } }],
    [DOCUMENT, { headers: { host: 'b.example.org', 'x-forwarded-host': 'a.example.org' } }],
    [DOCUMENT, { headers: { host: 'a.example.org', 'x-forwarded-host': 'b.example.org' } }],
    [DOCUMENT, { headers: { host: 'a.example.org', 'x-forwarded-proto': 'https' } }],
    [DOCUMENT, { headers: { host: 'a.example.org', 'x-forwarded-scheme': 'HTTPS' } }],
    [DOCUMENT, { headers: { host: 'a.example.org', forwarded: 'for=1.2.3.4;proto=https' } }],
    [DOCUMENT, { headers: { host: 'a.example.org' }, method: 'POST' }],
    [`http://a.example.org${DOCUMENT}`, { headers: { host: 'b.example.org' } }],
    [KEYS, { headers: { host: 'b.example.org' } }],
    [KEYS, { method: 'PUT' }],
    ['/', {}],
    ['/other', {}],
    [`/instance/1${DOCUMENT}`, { headers: { host: 'a.example.org' } }],
    ['/instance/1/keys', {}],
  ];
  for (const more of [
    '',
    'allow_insecure_scheme = true',
    'jwt_issuer = "https://tokens.example.org/a/" jwks_uri = "https://a.example.org/keys" set_key_use = true',
    'jwks_uri = "https://cdn.example.org/keys" server_path_prefix = "/instance/1"',
  ])
    it(`answer the same with ${more || 'nothing more'}`, async () => {
      const compare = await both(confOf(more, source()));
      const keys = more.includes('/instance/1') ? '/instance/1/keys' : KEYS;
      await eventually('keys', async () => {
        const { ours, theirs } = await compare(keys);
        return (ours.status === 200 && theirs.status === 200) || undefined;
      });
      for (const [path, options] of requests) {
        const { ours, theirs } = await compare(path, options);
        const what = `${options.method ?? 'GET'} ${path} ${JSON.stringify(options.headers)}`;
        assert.deepEqual(
          [ours.status, ours.body, ours.type],
          [theirs.status, theirs.body, theirs.type],
          what,
        );
        if (path === keys) assert.equal(ours.cache, theirs.cache, what);
      }
      const { ours } = await compare(keys);
      assert.equal(JSON.parse(ours.body).keys.length, 2, 'the tainted one too');
    });

  it('answer the same where there is no server', async () => {
    const compare = await both(confOf('', `server_api { address = "unix://${directory}/none.sock" }`));
    const { ours, theirs } = await compare(KEYS);
    assert.deepEqual([ours.status, ours.body, ours.type], [theirs.status, theirs.body, theirs.type]);
  });

  it('differ in what is named here alone', async () => {
    const compare = await both(confOf('jwt_issuer = "https://tokens.example.org/a"', source()));
    const status = async (path: string, options: RequestOptions) => {
      const { ours, theirs } = await compare(path, options);
      return [ours.status, theirs.status];
    };
    const headers = { host: 'A.example.org' };
    assert.deepEqual(await status(DOCUMENT, { headers }), [200, 400], 'hosts know no case (RFC 9110 4.2.3)');
    const head = { method: 'HEAD', headers: { host: 'a.example.org' } };
    assert.deepEqual(await status(DOCUMENT, head), [200, 405], 'HEAD is for every GET (RFC 9110 9.1)');
    const { ours, theirs } = await compare(DOCUMENT, { headers: { host: 'a.example.org' } });
    const uris = [ours, theirs].map(({ body }) => (JSON.parse(body) as { jwks_uri: string }).jwks_uri);
    assert.deepEqual(
      uris,
      ['https://a.example.org/keys', 'https://tokens.example.org/a/keys'],
      'keys are where the document is, as in later versions; this one has them below jwt_issuer, and warns that it will not',
    );
  });
});

describe('our provider behind a genuine spire-agent', () => {
  it('publishes the keys that its Workload API has, and follows them', async () => {
    const system = await System.startWithoutAgent();
    endings.after(() => system.stop());
    const bundle = join(directory, 'bundle.pem');
    writeFileSync(bundle, await system.admin.bundlePem());
    const node = system.idOf('/node/genuine');
    const token = join(directory, 'token');
    writeFileSync(token, await system.admin.joinToken(node), { mode: 0o600 });
    await system.admin.createEntry({
      spiffeId: system.idOf('/oidc'),
      parentId: node,
      selectors: [`unix:uid:${process.getuid?.() ?? 0}`],
    });
    const agent = new GenuineAgent({
      command: programs.agent,
      directory: system.files.directory,
      serverPort: system.files.port,
      name: 'genuine',
      settings: [`join_token_file = "${token}"`, `trust_bundle_path = "${bundle}"`],
    });
    endings.after(() => agent.stop());
    await agent.start();
    const socket = agent.workloadApi.slice('unix://'.length);
    await followsKeys(system, socket);
  });
});

describe('our provider behind our agent', () => {
  it('publishes the keys that its Workload API has, and follows them', async () => {
    const system = await System.start();
    endings.after(() => system.stop());
    await system.register({
      spiffeId: system.idOf('/oidc'),
      selectors: [`unix:uid:${process.getuid?.() ?? 0}`],
    });
    await followsKeys(system, system.files.agentSocket);
  });
});

/** It publishes the keys of the Workload API on that socket, and another as soon as it is there. */
async function followsKeys(system: System, socket: string): Promise<void> {
  const { port } = await launch(
    'ours',
    confOf(
      '',
      `workload_api { socket_path = "${socket}" trust_domain = "example.org" poll_interval = "200ms" }`,
    ),
  );
  const ids = async (): Promise<string[]> => {
    const { status, body } = await ask(port, KEYS);
    if (status !== 200) return [];
    return (JSON.parse(body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  const [first] = await eventually('keys', async () => ((await ids()).length === 1 ? ids() : undefined));
  const prepared = await system.serverCli('localauthority', 'jwt', 'prepare', '-output', 'json');
  const { prepared_authority: next } = JSON.parse(prepared) as {
    prepared_authority: { authority_id: string };
  };
  const both = await eventually('another key', async () => ((await ids()).length === 2 ? ids() : undefined));
  assert.deepEqual(both.toSorted(), [first, next.authority_id].toSorted());
}

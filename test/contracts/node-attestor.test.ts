import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { NodeAttestorConfig as AgentConfig } from '../../agent/config/node-attestor-plugin.ts';
import { nodeAttestorPlugins as agentPlugins } from '../../agent/config/node-attestor-plugin.ts';
import { makeNodeAttestor } from '../../agent/attest-node/registry.ts';
import { makeNodeAttestors } from '../../server/attest-node/registry.ts';
import {
  type NodeAttestorConfig,
  nodeAttestorPlugins as serverPlugins,
} from '../../server/config/node-attestor-plugin.ts';
import { addSeconds } from '../../shared/clock.ts';
import { SecretText } from '../../shared/config/secret-text.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeEntryStore } from '../fakes/entry-store.ts';
import { FakeJoinTokenStore } from '../fakes/join-token-store.ts';
import { NodePki } from '../fakes/node-pki.ts';
import { FakeRandom } from '../fakes/random.ts';
import { load as loadServer } from '../server/config/load-sketch.ts';
import { nodeAttestorContract } from './node-attestor.ts';

const TOKEN = 'a-token-that-nobody-guesses';

const clock = new FakeClock();
const random = new FakeRandom();
const directory = mkdtempSync(join(tmpdir(), 'writ-attestors-'));
after(() => rmSync(directory, { recursive: true }));

/** A file with this in it; its path. */
function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function servers(configs: readonly NodeAttestorConfig[] = []) {
  const joinTokens = new FakeJoinTokenStore(new FakeEntryStore({ clock }));
  const trustDomain = TrustDomain.parse('example.org');
  const needs = {
    trustDomain,
    joinTokens,
    clock,
    random,
    ownAuthorities: () => [],
    addressesOf: async () => ['127.0.0.1'],
  };
  return { joinTokens, attestors: makeNodeAttestors(configs, needs) };
}

const agentHalf = (nodeAttestor: AgentConfig, token?: string) =>
  makeNodeAttestor(
    {
      nodeAttestor,
      joinToken: token === undefined ? undefined : new SecretText(token),
      joinTokenFile: undefined,
    },
    { random },
  );

const serverHalf = (type: string, data: string) => {
  const { config } = loadServer({
    plugins: `KeyManager "memory" {}\nNodeAttestor "${type}" { plugin_data { ${data} } }`,
  });
  const server = servers(config.nodeAttestors).attestors.get(type);
  assert.ok(server);
  return server;
};

describe('node attestor join_token', () =>
  nodeAttestorContract('join_token', async () => {
    const { joinTokens, attestors } = servers();
    await joinTokens.create({ value: TOKEN, expiresAt: addSeconds(clock.now(), 60) }, undefined);
    const server = attestors.get('join_token');
    assert.ok(server);
    const half = (token?: string) => agentHalf({ kind: 'join_token' }, token);
    return { server, agent: half(TOKEN), helpless: half(), secret: TOKEN };
  }));

describe('node attestor x509pop', () =>
  nodeAttestorContract('x509pop', async () => {
    const pki = await NodePki.make(clock.now());
    const { chain, key } = await pki.leaf();
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const config = {
      kind: 'x509pop',
      privateKeyPath: file('key.pem', pem),
      certificatePath: file('node.pem', chain.map((der) => formatPem('CERTIFICATE', der)).join('')),
      intermediatesPath: undefined,
    } as const;
    return {
      server: serverHalf('x509pop', `ca_bundle_path = "${file('root.pem', pki.rootPem)}"`),
      agent: agentHalf(config),
      helpless: agentHalf({ ...config, certificatePath: '/no/such/file' }),
      secret: pem.split('\n')[1] ?? '',
    };
  }));

describe('node attestor http_challenge', () => {
  const taken = createServer();
  before(() => new Promise<void>((resolve) => taken.listen(0, resolve)));
  after(() => taken.close());
  const config = {
    kind: 'http_challenge',
    hostname: 'node-1.example.org',
    agentName: 'default',
    port: 0,
    advertisedPort: undefined,
  } as const;
  nodeAttestorContract('http_challenge', async () => ({
    server: serverHalf('http_challenge', 'allow_loopback = true'),
    agent: agentHalf(config),
    helpless: agentHalf({ ...config, port: (taken.address() as AddressInfo).port }),
    secret: 'a secret, of which it has none',
  }));
});

it('every node attestor has both halves, and is held to the contract', () => {
  assert.deepEqual(Object.keys(serverPlugins.kinds), Object.keys(agentPlugins.kinds));
  assert.deepEqual(Object.keys(serverPlugins.kinds), ['join_token', 'x509pop', 'http_challenge']);
});

it('a join token goes before the attestor that is configured, as in SPIRE', () => {
  const config = {
    kind: 'x509pop',
    privateKeyPath: 'k',
    certificatePath: 'c',
    intermediatesPath: undefined,
  } as const;
  assert.equal(agentHalf(config, TOKEN).type, 'join_token');
  assert.equal(agentHalf(config).type, 'x509pop');
});

/**
 * What the proof of a node costs the server, by attestor, in one process with its agents: from the evidence to the node's ID
 * and selectors, without the handshake, the signing and the storing, which `attest` has. The agent's half, a signature or an
 * HTTP server, runs on the same core, so the server's own part of it is less. The limit is what the runtime takes for the
 * cryptography alone: for x509pop the leaf's and the intermediate's signature, and that of the challenge made and verified.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpChallenge } from '../../agent/attest-node/http-challenge.ts';
import type { NodeAttestor as AgentHalf } from '../../agent/attest-node/node-attestor.ts';
import { x509pop } from '../../agent/attest-node/x509pop.ts';
import { makeNodeAttestors } from '../../server/attest-node/registry.ts';
import { systemClock } from '../../shared/clock.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { systemRandom as random } from '../../shared/random.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeEntryStore } from '../fakes/entry-store.ts';
import { FakeJoinTokenStore } from '../fakes/join-token-store.ts';
import { NodePki } from '../fakes/node-pki.ts';
import { load } from '../server/config/load-sketch.ts';
import type { Report } from './report.ts';

const BENCH = 'attest-node';
const PROOFS = 500;
const WARM_UP = 50;
const clock = systemClock;

const AUTHORITY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const SIGNED = random.bytes(500); // as long as a certificate
const SIGNATURE = sign('sha256', SIGNED, AUTHORITY);

export async function run(report: Report): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'writ-attest-node-'));
  try {
    const pki = await NodePki.make(clock.now());
    writeFileSync(join(directory, 'root.pem'), pki.rootPem);
    const server = servers(join(directory, 'root.pem'));
    for (const [name, key] of [
      ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
      ['RSA-2048', generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey],
    ] as const) {
      const { chain } = await pki.leaf({ key });
      const at = (file: string): string => join(directory, `${name}.${file}`);
      writeFileSync(at('pem'), chain.map((der) => formatPem('CERTIFICATE', der)).join(''));
      writeFileSync(at('key'), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
      const files = { privateKeyPath: at('key'), certificatePath: at('pem'), intermediatesPath: undefined };
      const agent = x509pop({ kind: 'x509pop', ...files }, { random });
      const ms = await cpuMs(() => prove(server('x509pop'), agent));
      const limit = await cpuMs(async () => bare(key));
      report.add({
        bench: BENCH,
        metric: `x509pop ${name}, both halves`,
        value: ms,
        unit: 'ms',
        limit,
        ratio: limit / ms,
      });
    }
    const host = { hostname: 'node-1.example.org', agentName: 'default', port: 0, advertisedPort: undefined };
    const ms = await cpuMs(() =>
      prove(server('http_challenge'), httpChallenge({ kind: 'http_challenge', ...host })),
    );
    report.add({ bench: BENCH, metric: 'http_challenge, both halves', value: ms, unit: 'ms' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

type ServerHalf = ReturnType<ReturnType<typeof servers>>;

function servers(rootPath: string) {
  const { config } = load({
    plugins: `KeyManager "memory" {}
      NodeAttestor "x509pop" { plugin_data { ca_bundle_path = "${rootPath}" } }
      NodeAttestor "http_challenge" { plugin_data { allow_loopback = true } }`,
  });
  const attestors = makeNodeAttestors(config.nodeAttestors, {
    trustDomain: TrustDomain.parse('example.org'),
    joinTokens: new FakeJoinTokenStore(new FakeEntryStore({ clock: new FakeClock() })),
    clock,
    random,
    ownAuthorities: () => [],
    addressesOf: async () => ['127.0.0.1'],
  });
  return (type: string) => attestors.get(type) ?? assert.fail(type);
}

async function prove(server: ServerHalf, agent: AgentHalf): Promise<void> {
  const proof = await agent.begin();
  const challenge = (asked: Uint8Array): Promise<Uint8Array> => proof.answer(asked);
  await server.prove({ payload: proof.payload, challenge, address: '127.0.0.1' });
  await proof.end();
}

/** A signature made and verified by the node's key, and two verified of the authorities, which have P-256. */
function bare(key: KeyObject): void {
  const message = random.bytes(64);
  assert.ok(verify('sha256', message, key, sign('sha256', message, key)));
  for (let count = 0; count < 2; count++) assert.ok(verify('sha256', SIGNED, AUTHORITY, SIGNATURE));
}

/** CPU time of one, one after the other. */
async function cpuMs(deed: () => Promise<void>): Promise<number> {
  for (let count = 0; count < WARM_UP; count++) await deed();
  const before = process.cpuUsage();
  for (let count = 0; count < PROOFS; count++) await deed();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / PROOFS;
}

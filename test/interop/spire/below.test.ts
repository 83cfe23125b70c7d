/**
 * A genuine spire-server below ours (its UpstreamAuthority "spire": our agent's Workload API, NewDownstreamX509CA and
 * PublishJWTAuthority), a genuine agent under that, and workloads on both sides.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { toHex } from '../../../shared/bytes.ts';
import { systemClock } from '../../../shared/clock.ts';
import { WorkloadApiClient, type X509Context } from '../../../shared/client/index.ts';
import { parseCertificate } from '../../../shared/crypto/certificate.ts';
import { parsePem } from '../../../shared/crypto/pem.ts';
import { parseJwtSvid } from '../../../shared/svid/jwt-svid.ts';
import { SystemAdmin } from '../admin.ts';
import { buildPeer } from '../go-spiffe/build.ts';
import { verify } from '../openssl/openssl.ts';
import { Peer, type PeerEvent, type Serving } from '../peer.ts';
import { eventually } from '../program.ts';
import { System } from '../system.ts';
import { GenuineAgent } from './genuine-agent.ts';
import { GenuineServer } from './genuine-server.ts';
import { provideSpire } from './programs.ts';
import { idOf } from './rig.ts';

const spire = provideSpire();
const ROUND_MS = 6_000; // of what is asked for every 5 s below
const PATIENCE_MS = 60_000;
const closing: (() => Promise<unknown>)[] = [];
let system: System;
let below: GenuineServer;
let agent: GenuineAgent;
let workload: string;

before(async () => {
  system = await System.start();
  closing.push(() => system.stop());
  workload = buildPeer(system);
  await system.register({ spiffeId: idOf('above/go'), selectors: [`unix:path:${workload}`] });
  const entry = `-spiffeID ${idOf('below/server')} -parentID ${system.nodeId} -selector unix:path:${spire.server}`;
  await system.serverCli(...`entry create ${entry} -downstream`.split(' '));
  below = await GenuineServer.start(spire.server, {
    plugins: `UpstreamAuthority "spire" { plugin_data {
    server_address = "127.0.0.1"
    server_port = "${system.files.port}"
    workload_api_socket = "${system.files.agentSocket}"
  } }`,
  });
  closing.push(() => below.stop());
  agent = await agentBelow();
});
after(async () => {
  for (const close of closing.toReversed()) await close();
});

/** A genuine one, with two workloads: the Go one, and this test. */
async function agentBelow(): Promise<GenuineAgent> {
  const admin = new SystemAdmin(below.socket);
  const bundle = join(below.directory, 'first.pem');
  writeFileSync(bundle, await admin.bundlePem());
  const parentId = idOf('node/below');
  const token = await admin.joinToken(parentId);
  await admin.createEntries([
    { spiffeId: idOf('below/go'), parentId, selectors: [`unix:path:${workload}`] },
    { spiffeId: idOf('below/test'), parentId, selectors: [`unix:path:${process.execPath}`] },
    { spiffeId: idOf('below/agent'), parentId, selectors: [`unix:path:${spire.agent}`] },
  ]);
  admin.close();
  const started = new GenuineAgent({
    command: spire.agent,
    directory: below.directory,
    serverPort: below.port,
    name: 'below',
    settings: [`join_token = "${token}"`, `trust_bundle_path = "${bundle}"`],
  });
  closing.push(() => started.stop());
  await started.start();
  return started;
}

/** What this test is below. */
async function ownContext(): Promise<X509Context> {
  const client = new WorkloadApiClient({ address: agent.workloadApi });
  try {
    return await eventually('an identity', () => client.fetchX509Context(AbortSignal.timeout(5_000)));
  } finally {
    client.close();
  }
}

const ownChain = async (): Promise<readonly Uint8Array[]> =>
  (await ownContext()).identities[0]?.svid.certificates.map(({ raw }) => raw) ?? [];

/** Our authorities. */
const roots = async (): Promise<readonly Uint8Array[]> =>
  parsePem(await system.admin.bundlePem(), 'CERTIFICATE', { foreign: 'refuse' });

function peer(at: Serving, ...args: readonly string[]): Peer {
  const started = Peer.start(at, workload, args);
  closing.push(() => started.stop());
  return started;
}

test('SVIDs of workloads below carry the CA between, and openssl finds our root', async () => {
  const [certificate = assert.fail(), ...intermediates] = await ownChain();
  const authorities = await roots();
  assert.equal(intermediates.length, 1);
  for (const purpose of ['sslserver', 'sslclient'] as const) {
    const checked = { certificate, authorities, intermediates, purpose, at: systemClock.now() };
    assert.equal(verify(checked), '');
    assert.notEqual(verify({ ...checked, intermediates: [] }), '');
  }
});

test('workloads above and below call each other by their IDs, with the Go SDK', async () => {
  const sides = [
    { at: system, id: idOf('above/go') },
    { at: agent, id: idOf('below/go') },
  ];
  const [above, under] = sides;
  assert.ok(above && under);
  for (const [server, client] of [
    [above, under],
    [under, above],
  ] as const) {
    const serving = peer(server.at, 'serve', client.id);
    const { address = '' } = await serving.next('address', ({ event }) => event === 'listening');
    const answer = await peer(client.at, 'call', address, server.id).next(
      'an answer',
      ({ event }) => event === 'answer' || event === 'failed',
    );
    assert.deepEqual([answer.event, answer.id], ['answer', server.id], answer.error ?? '');
  }
});

test('keys for JWT-SVIDs of the server below are in our bundle, and ours in its', async () => {
  const printed = await agent.cli('api', 'fetch', 'jwt', '-audience', 'one');
  const [, token = ''] = /^\t(\S+)$/m.exec(printed) ?? [];
  const { keyId, id } = parseJwtSvid(token);
  assert.equal(id.toString(), idOf('below/agent'));
  const bundle = JSON.parse(await system.serverCli('bundle', 'show', '-format', 'spiffe')) as {
    keys: { kid?: string }[];
  };
  assert.ok(bundle.keys.some(({ kid }) => kid === keyId));
  const input = JSON.stringify({ trust_domain: 'example.org', bundle, kind: 'jwt', audience: 'one', token });
  const { stdout } = spawnSync(workload, ['verify'], { input, encoding: 'utf8' });
  assert.equal((JSON.parse(stdout) as PeerEvent).id, idOf('below/agent'), stdout);

  const ours = await system.serverCli('jwt', 'mint', '-spiffeID', idOf('minted'), '-audience', 'two');
  const words = ['api', 'validate', 'jwt', '-audience', 'two', '-svid', ours.trimEnd()];
  await eventually('our key below', () => agent.cli(...words).catch(() => undefined), PATIENCE_MS);
});

test('when our authority is tainted, the server below has a new CA signed, and everybody below a new SVID', async () => {
  const x509 = (...words: readonly string[]): Promise<string> =>
    system.serverCli('localauthority', 'x509', ...words);
  const signerOf = async (): Promise<string> =>
    toHex(parseCertificate((await ownChain())[1] ?? assert.fail()).authorityKeyId ?? assert.fail());
  const [, old = ''] = /Authority ID: (\w+)/.exec(await x509('show')) ?? [];
  assert.equal(await signerOf(), old);
  const [, next = ''] = /Authority ID: (\w+)/.exec(await x509('prepare')) ?? [];
  await systemClock.sleep(ROUND_MS);
  await x509('activate', '-authorityID', next);
  await x509('taint', '-authorityID', old);
  await eventually('the other root', async () => (await signerOf()) === next || undefined, PATIENCE_MS);
  await x509('revoke', '-authorityID', old);
  // SPIRE's server below takes no root out of its bundle before it is told to as well.
  await below.cli('upstreamauthority', 'revoke', '-subjectKeyID', old);
  await eventually(
    'a bundle without the old root',
    async () => (await ownContext()).bundles.get('example.org')?.length === 1 || undefined,
    PATIENCE_MS,
  );
  const [certificate = assert.fail(), ...intermediates] = await ownChain();
  const authorities = await roots();
  assert.equal(authorities.length, 1);
  assert.equal(
    verify({ certificate, authorities, intermediates, purpose: 'sslclient', at: systemClock.now() }),
    '',
  );
});

/** x509pop against the genuine: SPIRE's agent at our server, and our agent at SPIRE's, which must call a node the same. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { systemClock } from '../../../shared/clock.ts';
import { NodePki } from '../../fakes/node-pki.ts';
import { eventually } from '../program.ts';
import { System } from '../system.ts';
import { GenuineAgent } from './genuine-agent.ts';
import { GenuineServer } from './genuine-server.ts';
import { OurAgent } from './our-agent.ts';
import { provideSpire } from './programs.ts';
import { attestedAs, complaints } from './rig.ts';

const SOON = '15s';
const PATIENCE_MS = 45_000;
const directory = mkdtempSync(join(tmpdir(), 'writ-x509pop-'));
const at = (name: string): string => join(directory, name);
const closing: (() => Promise<unknown>)[] = [];
let ours: System;
let genuine: GenuineServer;

/** The block of both agents, for a node with a new certificate. */
async function nodeWith(pki: NodePki, name: string, key: KeyObject): Promise<{ block: string; id: string }> {
  const { chain } = await pki.leaf({ key, commonName: name, uriSans: ['x509pop://example.org/rack/r1'] });
  const [leaf = new Uint8Array(), ...above] = chain;
  writeFileSync(at(`${name}.pem`), formatPem('CERTIFICATE', leaf));
  writeFileSync(at(`${name}-above.pem`), above.map((der) => formatPem('CERTIFICATE', der)).join(''));
  writeFileSync(at(`${name}.key`), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const block = `NodeAttestor "x509pop" { plugin_data {
    private_key_path = "${at(`${name}.key`)}"
    certificate_path = "${at(`${name}.pem`)}"
    intermediates_path = "${at(`${name}-above.pem`)}"
  } }`;
  return { block, id: `spiffe://example.org/spire/agent/x509pop/${hash('sha1', leaf)}` };
}

const keys = {
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 3_072 }).privateKey,
  p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  p384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
};
let pki: NodePki;

before(async () => {
  pki = await NodePki.make(systemClock.now());
  writeFileSync(at('root.pem'), pki.rootPem);
  const plugin = `NodeAttestor "x509pop" { plugin_data { ca_bundle_path = "${at('root.pem')}" } }`;
  ours = await System.startWithoutAgent({ serverPlugins: plugin, agentTtl: SOON });
  genuine = await GenuineServer.start(provideSpire().server, {
    plugins: plugin,
    settings: [`agent_ttl = "${SOON}"`],
  });
});
after(async () => {
  for (const close of closing.toReversed()) await close();
  await genuine?.stop();
  await ours?.stop();
  rmSync(directory, { recursive: true });
});

/** What a server says of a node's selectors. */
const selectorsIn = (shown: string): readonly string[] =>
  [...shown.matchAll(/^Selectors? +: (.*)$/gm)].map(([, selector = '']) => selector).sort();

for (const [name, makeKey] of Object.entries(keys)) {
  test(`a node with a key of ${name} is the same to both servers, and attests again to renew`, async () => {
    const { block, id } = await nodeWith(pki, name, makeKey());
    const bundle = at(`${name}-bundle.pem`);
    writeFileSync(bundle, await ours.admin.bundlePem());
    const theirs = new GenuineAgent({
      command: provideSpire().agent,
      directory: ours.files.directory,
      serverPort: ours.files.port,
      name,
      settings: [`trust_bundle_path = "${bundle}"`],
      nodeAttestor: block,
    });
    closing.push(() => theirs.stop());
    await theirs.start();
    assert.equal(attestedAs(theirs), id);
    const agent = await OurAgent.start(name, genuine, block);
    closing.push(() => agent.stop());
    assert.equal(agent.attestedAs(), id);
    const shownByOurs = await ours.serverCli('agent', 'show', '-spiffeID', id);
    const shownByTheirs = await genuine.cli('agent', 'show', '-spiffeID', id);
    for (const shown of [shownByOurs, shownByTheirs]) {
      assert.match(shown, /^Attestation type +: x509pop$/m);
      assert.match(shown, /^Can re-attest +: true$/m);
    }
    const selectors = selectorsIn(shownByTheirs);
    assert.ok(selectors.includes('x509pop:san:rack:r1') && selectors.length === 5, selectors.join());
    assert.deepEqual(selectorsIn(shownByOurs), selectors);
    await eventually(
      'renewal',
      () => theirs.saidOf('Successfully reattested node').length > 0 || undefined,
      PATIENCE_MS,
    );
    await eventually('renewal', () => agent.said('agent SVID renewed') > 0 || undefined, PATIENCE_MS);
    assert.deepEqual(complaints(theirs), []);
    assert.deepEqual(agent.complaints(), []);
  });
}

test('a node whose certificate nobody vouches for is told no more than that', async () => {
  const { block } = await nodeWith(
    await NodePki.make(systemClock.now(), 'Strangers'),
    'stranger',
    keys.p256(),
  );
  const bundle = at('stranger-bundle.pem');
  writeFileSync(bundle, await ours.admin.bundlePem());
  const stranger = new GenuineAgent({
    command: provideSpire().agent,
    directory: ours.files.directory,
    serverPort: ours.files.port,
    name: 'stranger',
    settings: [`trust_bundle_path = "${bundle}"`],
    nodeAttestor: block,
  });
  closing.push(() => stranger.stop());
  stranger.launch();
  const [said] = await eventually('refusal', () => {
    const lines = stranger
      .said()
      .filter(({ error = '' }) => error.includes('certificate verification failed'));
    return lines.length > 0 ? lines : undefined;
  });
  assert.match(said?.error ?? '', /certificate verification failed$/);
});

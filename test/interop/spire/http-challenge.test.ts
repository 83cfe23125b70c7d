/** http_challenge against the genuine: SPIRE's agent at our server, and our agent at SPIRE's, by this machine's own name. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../free-port.ts';
import { eventually } from '../program.ts';
import { System } from '../system.ts';
import { GenuineAgent } from './genuine-agent.ts';
import { GenuineServer } from './genuine-server.ts';
import { OurAgent } from './our-agent.ts';
import { provideSpire } from './programs.ts';
import { attestedAs, complaints } from './rig.ts';

const ID = `spiffe://example.org/spire/agent/http_challenge/${hostname()}`;
const closing: (() => Promise<unknown>)[] = [];
let ours: System;
let genuine: GenuineServer;

before(async () => {
  ours = await System.startWithoutAgent({
    serverPlugins: `NodeAttestor "http_challenge" { plugin_data { allow_loopback = true allowed_dns_patterns = ["^${hostname()}$"] } }`,
  });
  genuine = await GenuineServer.start(provideSpire().server, {
    plugins: `NodeAttestor "http_challenge" { plugin_data { allowed_dns_patterns = ["^${hostname()}$"] } }`,
  });
});
after(async () => {
  for (const close of closing.toReversed()) await close();
  await genuine?.stop();
  await ours?.stop();
});

const block = async (): Promise<string> =>
  `NodeAttestor "http_challenge" { plugin_data { hostname = "${hostname()}" port = ${await freePort()} } }`;

async function theirs(name: string): Promise<GenuineAgent> {
  const { directory, port } = ours.files;
  const bundle = join(directory, `${name}.pem`);
  writeFileSync(bundle, await ours.admin.bundlePem());
  const agent = new GenuineAgent({
    command: provideSpire().agent,
    directory,
    serverPort: port,
    name,
    settings: [`trust_bundle_path = "${bundle}"`],
    nodeAttestor: await block(),
  });
  closing.push(() => agent.stop());
  return agent;
}

test('a host is the same to both servers', async () => {
  const agent = await theirs('first');
  await agent.start();
  assert.equal(attestedAs(agent), ID);
  assert.deepEqual(complaints(agent), []);
  const our = await OurAgent.start('http-challenge', genuine, await block());
  closing.push(() => our.stop());
  assert.equal(our.attestedAs(), ID);
  assert.deepEqual(our.complaints(), []);
  for (const shown of [
    await ours.serverCli('agent', 'show', '-spiffeID', ID),
    await genuine.cli('agent', 'show', '-spiffeID', ID),
  ]) {
    assert.match(shown, /^Attestation type +: http_challenge$/m);
    assert.match(shown, /^Can re-attest +: false$/m);
    assert.match(shown, new RegExp(`^Selectors +: http_challenge:hostname:${hostname()}$`, 'm'));
  }
});

test('a second agent of that host is refused while the first is known', async () => {
  const second = await theirs('second');
  second.launch();
  const said = 'attestation data has already been used to attest an agent';
  await eventually(
    'refusal',
    () => second.said().some(({ error = '' }) => error.includes(said)) || undefined,
  );
});

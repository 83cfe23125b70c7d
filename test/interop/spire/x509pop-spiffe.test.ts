/** x509pop in mode "spiffe" against the genuine: an SVID that a server minted makes its holder that server's agent. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '../program.ts';
import { System } from '../system.ts';
import { GenuineAgent } from './genuine-agent.ts';
import { GenuineServer } from './genuine-server.ts';
import { OurAgent } from './our-agent.ts';
import { provideSpire } from './programs.ts';
import { attestedAs, complaints, idOf } from './rig.ts';

const PLUGIN = 'NodeAttestor "x509pop" { plugin_data { mode = "spiffe" } }';
const ID = 'spiffe://example.org/spire/agent/x509pop/host-1';
const directory = mkdtempSync(join(tmpdir(), 'writ-x509pop-spiffe-'));
const closing: (() => Promise<unknown>)[] = [];

after(async () => {
  for (const close of closing.toReversed()) await close();
  rmSync(directory, { recursive: true });
});

/** The block of a node that holds an SVID of this path. */
async function nodeWith(path: string, cli: (...words: string[]) => Promise<string>): Promise<string> {
  const at = mkdtempSync(join(directory, 'node-'));
  await cli('x509', 'mint', '-spiffeID', idOf(path), '-write', at);
  chmodSync(join(at, 'key.pem'), 0o600);
  return `NodeAttestor "x509pop" { plugin_data {
    private_key_path = "${at}/key.pem"
    certificate_path = "${at}/svid.pem"
  } }`;
}

test('a genuine agent with an SVID of ours becomes an agent, below the prefix alone', async () => {
  const ours = await System.startWithoutAgent({ serverPlugins: PLUGIN });
  closing.push(() => ours.stop());
  const bundle = join(directory, 'bundle.pem');
  writeFileSync(bundle, await ours.admin.bundlePem());
  const agentWith = async (name: string, path: string): Promise<GenuineAgent> => {
    const agent = new GenuineAgent({
      command: provideSpire().agent,
      directory: ours.files.directory,
      serverPort: ours.files.port,
      name,
      settings: [`trust_bundle_path = "${bundle}"`],
      nodeAttestor: await nodeWith(path, (...words) => ours.serverCli(...words)),
    });
    closing.push(() => agent.stop());
    return agent;
  };
  const agent = await agentWith('right', 'spire-exchange/host-1');
  await agent.start();
  assert.equal(attestedAs(agent), ID);
  assert.deepEqual(complaints(agent), []);
  const other = await agentWith('other', 'web');
  other.launch();
  const said = 'x509 cert doesnt match SVID prefix';
  await eventually('refusal', () => other.said().some(({ error = '' }) => error.includes(said)) || undefined);
});

test("our agent with an SVID of SPIRE's server becomes the same agent there", async () => {
  const genuine = await GenuineServer.start(provideSpire().server, { plugins: PLUGIN });
  closing.push(() => genuine.stop());
  const block = await nodeWith('spire-exchange/host-1', (...words) => genuine.cli(...words));
  const agent = await OurAgent.start('spiffe', genuine, block);
  closing.push(() => agent.stop());
  assert.equal(agent.attestedAs(), ID);
  assert.deepEqual(agent.complaints(), []);
});

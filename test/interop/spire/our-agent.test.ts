/** Our agent and our command line with SPIRE's own server, while its authority is replaced by hand. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { WorkloadApiClient, type X509Context } from '../../../shared/client/index.ts';
import { toHex } from '../../../shared/bytes.ts';
import { systemClock } from '../../../shared/clock.ts';
import { SystemAdmin } from '../admin.ts';
import { eventually, Program } from '../program.ts';
import { WRIT } from '../system.ts';
import { makeSystemFiles, type SystemFiles } from '../system-files.ts';
import { GenuineServer } from './genuine-server.ts';
import { provideSpire } from './programs.ts';
import { idOf } from './rig.ts';

const ROUND_MS = 6_000; // of synchronisation, and a little more
const QUIET_MS = 2 * ROUND_MS;
const PATIENCE_MS = 30_000;
const run = promisify(execFile);

let genuine: GenuineServer;
let files: SystemFiles;
let agent: Program;

before(async () => {
  genuine = await GenuineServer.start(provideSpire().server);
  const admin = new SystemAdmin(genuine.socket);
  files = makeSystemFiles(genuine.port, {});
  writeFileSync(files.bundle, await admin.bundlePem());
  writeFileSync(files.joinToken, await admin.joinToken(idOf('node/ours')), { mode: 0o600 });
  await admin.createEntry({
    spiffeId: idOf('ours'),
    parentId: idOf('node/ours'),
    selectors: [`unix:uid:${process.geteuid?.()}`],
  });
  admin.close();
  agent = Program.start({
    name: 'writ agent',
    command: 'sh',
    args: [WRIT, 'agent', 'run', '-config', files.agentConf],
    logPath: files.agentLog,
    environment: { RUNTIME_DIRECTORY: files.directory },
  });
});
after(async () => {
  await agent?.stop();
  await genuine?.stop();
  if (files !== undefined) rmSync(files.directory, { recursive: true, force: true });
});

const x509 = async (...args: readonly string[]): Promise<string> => {
  const words = ['server', 'localauthority', 'x509', ...args, '-socketPath', genuine.socket];
  return (await run('sh', [WRIT, ...words])).stdout;
};

/** The slots, in the order in which they are shown. */
const idsIn = (shown: string): readonly string[] =>
  [...shown.matchAll(/Authority ID: (\w+)/g)].map(([, id = '']) => id);

const signerOf = ({ identities }: X509Context): string =>
  toHex(identities[0]?.svid.certificates[0]?.authorityKeyId ?? assert.fail());

test('a tainted authority has the SVIDs of our agent and its workloads replaced, once', async () => {
  const client = new WorkloadApiClient({ address: `unix://${files.agentSocket}` });
  const fetched = (): Promise<X509Context> =>
    eventually(
      'identity',
      () => client.fetchX509Context(AbortSignal.timeout(5_000)).catch(() => undefined),
      PATIENCE_MS,
    );
  const [old = ''] = idsIn(await x509('show'));
  assert.equal(signerOf(await fetched()), old);
  const [next = ''] = idsIn(await x509('prepare'));
  await systemClock.sleep(ROUND_MS);
  await x509('activate', '-authorityID', next);
  await systemClock.sleep(ROUND_MS);
  assert.equal(signerOf(await fetched()), old, 'that another one signs is no reason');

  await x509('taint', '-authorityID', old);
  await eventually(
    'the other authority',
    async () => signerOf(await fetched()) === next || undefined,
    PATIENCE_MS,
  );
  await systemClock.sleep(QUIET_MS);
  await x509('revoke', '-authorityID', old);
  await systemClock.sleep(QUIET_MS);
  assert.equal(signerOf(await fetched()), next);
  const said = agent.output();
  assert.equal(said.split('agent SVID renewed').length - 1, 1);
  assert.equal(said.split('SVIDs are signed anew').length - 1, 1);
  assert.doesNotMatch(said, /level=error/);
  client.close();
});

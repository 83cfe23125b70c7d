/**
 * Every RPC of the agent's admin socket, called with SPIRE's SDK by a delegate and by somebody who is none: what the program
 * beside this file claims has to hold for our agent and for SPIRE's own, so that it claims what is so.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { provide } from '../install.ts';
import { eventually } from '../program.ts';
import { GenuineAgent } from '../spire/genuine-agent.ts';
import { provideSpire } from '../spire/programs.ts';
import { System } from '../system.ts';
import { delegatesSetting } from '../system-files.ts';

const run = promisify(execFile);
const DELEGATES = ['/delegate'];

let system: System;
let genuine: GenuineAgent;
let genuineSocket: string;
let programs: { readonly delegate: string; readonly stranger: string };

before(async () => {
  system = await System.start({ authorizedDelegates: DELEGATES });
  const { directory, port, bundle } = system.files;
  genuineSocket = join(directory, 'genuine-admin', 'admin.sock');
  genuine = new GenuineAgent({
    command: provideSpire().agent,
    directory,
    serverPort: port,
    name: 'genuine',
    settings: [
      `trust_bundle_path = "${bundle}"`,
      `join_token = "${await system.admin.joinToken(system.nodeId)}"`,
      `admin_socket_path = "${genuineSocket}"`,
      delegatesSetting(DELEGATES),
    ],
  });
  programs = build(directory);
  await registerAll();
  await genuine.start();
});
after(async () => {
  await genuine?.program.stop();
  await system?.stop();
});

/** The same program twice: its path tells the agent who it is. */
function build(directory: string): typeof programs {
  const [delegate, stranger] = [join(directory, 'delegate'), join(directory, 'stranger')];
  const go = provide({ command: 'go', debianPackage: 'golang-go' });
  const env = { ...process.env, CGO_ENABLED: '0' };
  const options = { cwd: import.meta.dirname, encoding: 'utf8', env } as const;
  const { status, stderr } = spawnSync(go, ['build', '-o', delegate, './agent'], options);
  if (status !== 0) throw new Error(`go build failed: ${stderr}`);
  copyFileSync(delegate, stranger);
  return { delegate, stranger };
}

async function registerAll(): Promise<void> {
  const id = (path: string): string => system.idOf(path);
  const pod = ['k8s:ns:web', 'k8s:sa:web'];
  await system.register({ spiffeId: id('/delegate'), selectors: [`unix:path:${programs.delegate}`] });
  await system.register({ spiffeId: id('/stranger'), selectors: [`unix:path:${programs.stranger}`] });
  await system.register({ spiffeId: id('/node'), selectors: [`unix:path:${process.execPath}`] });
  await system.register({ spiffeId: id('/web'), selectors: pod, hint: 'main' });
  const selectors = pod.flatMap((selector) => ['-selector', selector]);
  const admin = ['-parentID', system.nodeId, '-spiffeID', id('/admin'), ...selectors, '-admin'];
  await system.serverCli('entry', 'create', ...admin);
}

interface Claim {
  readonly name: string;
  /** What of it does not hold. */
  readonly failures: readonly string[];
}

async function claims(who: keyof typeof programs, socket: string): Promise<readonly Claim[]> {
  const { stdout } = await run(programs[who], [socket, who, String(process.pid)], { timeout: 90_000 });
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Claim);
}

for (const [whose, socketOf] of [
  ['our agent', () => system.files.agentAdminSocket],
  ["SPIRE's own agent", () => genuineSocket],
] as const)
  test(`SPIRE's SDK finds in ${whose} what it expects`, async (t) => {
    const socket = socketOf();
    // The entries are known when they are all there.
    const found = await eventually('all entries', async () => {
      const tried = await claims('delegate', socket);
      return tried.every(({ failures }) => failures.length === 0) ? tried : undefined;
    }).catch(() => claims('delegate', socket));
    assert.equal(found.length, 9);
    const all = [...found, ...(await claims('stranger', socket))];
    for (const { name, failures } of all) await t.test(name, () => assert.deepEqual(failures, []));
  });

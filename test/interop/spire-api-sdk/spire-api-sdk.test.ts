/**
 * Every RPC of the server, called with SPIRE's SDK over the admin socket and over TLS: what the program beside this file
 * claims has to hold for our server and for SPIRE's own, so that it claims what is so.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { provide } from '../install.ts';
import { GenuineServer } from '../spire/genuine-server.ts';
import { provideSpire } from '../spire/programs.ts';
import { System } from '../system.ts';
import { TRUST_DOMAIN } from '../system-files.ts';

const LIMIT_MS = 5 * 60_000;
const run = promisify(execFile);

let system: System;
let genuine: GenuineServer;
let program: string;

before(async () => {
  system = await System.startWithoutAgent();
  genuine = await GenuineServer.start(provideSpire().server);
  program = join(system.files.directory, 'sdk');
  const go = provide({ command: 'go', debianPackage: 'golang-go' });
  const env = { ...process.env, CGO_ENABLED: '0' };
  const { status, stderr } = spawnSync(go, ['build', '-o', program, '.'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env,
  });
  if (status !== 0) throw new Error(`go build failed: ${stderr}`);
});
after(async () => {
  await genuine?.stop();
  await system?.stop();
});

interface Claim {
  readonly name: string;
  /** What of it does not hold. */
  readonly failures: readonly string[];
}

interface Target {
  readonly socket: string;
  readonly port: number;
  /** Methods that it does not have. */
  readonly missing: readonly string[];
}

async function claims({ socket, port, missing }: Target): Promise<readonly Claim[]> {
  const args = [socket, `127.0.0.1:${port}`, TRUST_DOMAIN, missing.join(',')];
  const { stdout } = await run(program, args, { timeout: LIMIT_MS });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Claim);
}

/** SPIRE's own lets nobody call this one. */
const GENUINE_MISSING = ['/spire.api.server.agent.v1.Agent/PostStatus'];

test("SPIRE's SDK finds in our server what it expects", async (t) => {
  const found = await claims({
    socket: system.files.serverSocket,
    port: system.files.port,
    missing: [],
  });
  for (const { name, failures } of found) await t.test(name, () => assert.deepEqual(failures, []));
});

test("the same is so with SPIRE's own server", async (t) => {
  const { socket, port } = genuine;
  const found = await claims({ socket, port, missing: GENUINE_MISSING });
  for (const { name, failures } of found) await t.test(name, () => assert.deepEqual(failures, []));
});

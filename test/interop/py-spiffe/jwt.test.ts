/** JWT-SVIDs for a workload written with the Python SDK, served by a real Writ. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { providePython } from '../install.ts';
import { Peer, type PeerEvent } from '../peer.ts';
import { System, WRIT } from '../system.ts';

const run = promisify(execFile);

let system: System;
let python: string;
let entry: string;
let registration: { readonly spiffeId: string; readonly selectors: readonly string[] };
const closing: (() => Promise<unknown>)[] = [];
const pyId = 'spiffe://example.org/py';

before(async () => {
  python = providePython(join(import.meta.dirname, 'requirements.txt'));
  system = await System.start();
  registration = { spiffeId: pyId, selectors: [`unix:path:${realpathSync(python)}`] };
  entry = await system.register(registration);
});

after(async () => {
  for (const close of closing.toReversed()) await close();
  await system?.stop();
});

function peer(...args: readonly string[]): Peer {
  const started = Peer.start(system, python, [join(import.meta.dirname, 'peer.py'), ...args]);
  closing.push(() => started.stop());
  return started;
}

const isOutcome = ({ event }: PeerEvent): boolean => ['token', 'error', 'failed'].includes(event);
const isUpdate = ({ event }: PeerEvent): boolean => event === 'update';
const outcome = (...args: readonly string[]): Promise<PeerEvent> =>
  peer(...args).next('an outcome', isOutcome);

async function writ(...args: readonly string[]): Promise<string> {
  const socket = ['-socketPath', system.files.serverSocket];
  return (await run(WRIT, ['server', ...args, ...socket])).stdout;
}

test('the Python SDK gets a token for all its audiences, which is valid for each, and for no other', async () => {
  const { text = '', ...rest } = await outcome('token-once', 'db', 'cache');
  assert.deepEqual(rest, { event: 'token', id: pyId, chain: 2 });
  assert.equal((await outcome('validate', 'cache', text)).id, pyId);
  assert.equal((await outcome('validate', 'other', text)).event, 'failed');
});

test('a Python watch sees a key come on the stream that it holds', async () => {
  const watcher = peer('watch-keys');
  const { bundles: before = [] } = await watcher.next('the first keys', isUpdate);
  await writ('localauthority', 'jwt', 'prepare');
  const { bundles: both = [] } = await watcher.next('two keys', isUpdate, { skip: 1 });
  assert.deepEqual([before.length, both.length], [1, 2]);
});

test('a Python workload sees its identity go, and come back on the stream that it holds', async () => {
  const watcher = peer('watch-keys');
  await watcher.next('the first keys', isUpdate);
  await system.admin.deleteEntry(entry);
  let last: PeerEvent = { event: 'token' };
  for (let attempt = 0; attempt < 20 && last.event === 'token'; attempt += 1)
    last = await outcome('token-once', 'db');
  assert.match(last.error ?? '', /no identity issued|PERMISSION_DENIED/);
  const seen = watcher.events().length;
  entry = await system.register(registration);
  await watcher.next('the return', isUpdate, { skip: seen });
  assert.equal((await outcome('token', 'db')).id, pyId);
});

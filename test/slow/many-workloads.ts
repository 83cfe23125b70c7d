/**
 * A hundred native processes of as many users, each with ten streams, through rotations of their SVIDs. Used by the slow and
 * the soak test of that name. Needs root, to be so many users.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../shared/clock.ts';
import { buildPeer } from '../interop/go-spiffe/build.ts';
import { System } from '../interop/system.ts';

const PROCESSES = 100;
const STREAMS = 10;
const FIRST_UID = 20_001;
const TTL_SECONDS = 30;
const ROTATION_MS = (TTL_SECONDS * 1_000) / 2;
/** Two rotations may differ by jitter, and the first one comes early or late. */
const FEWER = 2;
const GROWTH_MAX = 1.25;
const PAGE_BYTES = 4_096;

interface Seen {
  readonly fewest: number;
  readonly most: number;
  readonly losses: number;
  readonly repeated: number;
  readonly ends: readonly string[];
}

/** Resolves when all is as it should be; rejects with what is not. `say` hears figures. */
export async function manyWorkloads(rotations: number, say: (text: string) => void): Promise<void> {
  const system = await System.start({ x509SvidTtl: `${TTL_SECONDS}s` });
  const children: ChildProcess[] = [];
  try {
    const program = buildPeer(system, join(import.meta.dirname, 'native-workload'));
    chmodSync(program, 0o755);
    for (let at = 0; at < PROCESSES; at += 1)
      await system.register({ spiffeId: system.idOf(`/w/${at}`), selectors: [`unix:uid:${FIRST_UID + at}`] });
    for (let at = 0; at < PROCESSES; at += 1) children.push(startOne(program, system, FIRST_UID + at));
    await systemClock.sleep(2 * ROTATION_MS);
    const before = rssOf(system);
    await systemClock.sleep((rotations - 1) * ROTATION_MS);
    const after = rssOf(system);
    const seen = await Promise.all(children.map(endOne));
    const most = Math.max(...seen.map((one) => one.most));
    const fewest = Math.min(...seen.map((one) => one.fewest));
    say(
      `${PROCESSES * STREAMS} streams: ${fewest} to ${most} messages each; agent ${mb(before)} to ${mb(after)} MB`,
    );
    assert.deepEqual(
      seen.map(({ losses, repeated, ends }) => ({ losses, repeated, ends })),
      seen.map(() => ({ losses: 0, repeated: 0, ends: [] })),
    );
    assert.ok(fewest >= rotations - FEWER, `a stream had ${fewest} messages in ${rotations} rotations`);
    assert.ok(after < before * GROWTH_MAX, `the agent grew from ${mb(before)} to ${mb(after)} MB`);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await system.stop();
  }
}

function startOne(program: string, system: System, uid: number): ChildProcess {
  return spawn(program, [system.workloadApi, String(STREAMS)], {
    uid,
    gid: uid,
    cwd: '/',
    env: { GOMAXPROCS: '1', GOGC: '50' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function endOne(child: ChildProcess): Promise<Seen> {
  let out = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
  return JSON.parse(out) as Seen;
}

const rssOf = (system: System): number =>
  Number(readFileSync(`/proc/${system.agent.pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;

const mb = (bytes: number): number => Math.round(bytes / 1_000_000);

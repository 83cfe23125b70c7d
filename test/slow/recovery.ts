/**
 * Kills parts of a loaded system with SIGKILL, and sees that it comes back. A round is one stroke and its recovery.
 * Called by the slow and the soak suite.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRunningPostgres } from '../../server/datastore/embedded.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { FakeRandom } from '../fakes/random.ts';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { seed } from '../seed.ts';
import { History } from './history.ts';
import { Load } from './load.ts';
import { Onlooker } from './onlooker.ts';
import { SecondServer } from './second-server.ts';
import { checkWhole, nothingBeside, type StateDirectories } from './state-files.ts';
import { SteadyWorkload } from './steady-workload.ts';

const BACK_MS = 60_000;
/** How long there is load before a stroke, at most. */
const LOAD_MAX_MS = 1_000;
/** When a part that is starting again is struck again, at most after that. */
const AGAIN_MAX_MS = 2_000;

type Say = (text: string) => unknown;

const partNames = ['server', 'second', 'agent', 'postgres'] as const;
type PartName = (typeof partNames)[number];

interface Stroke {
  readonly killed: readonly PartName[];
  /** Killed once more while it starts. */
  readonly again?: readonly PartName[];
}

/** In turn. */
const strokes: readonly Stroke[] = [
  { killed: ['server'] },
  { killed: ['postgres'] },
  { killed: ['agent'] },
  { killed: ['second'] },
  { killed: ['server', 'postgres'] },
  { killed: ['server', 'agent'] },
  { killed: ['server'], again: ['server'] },
  { killed: ['second', 'postgres'] },
  { killed: partNames },
  { killed: ['agent'], again: ['agent'] },
  { killed: ['server', 'second', 'postgres'], again: ['server', 'second'] },
];

/** Everything of a run. */
interface Scene {
  readonly system: System;
  readonly second: SecondServer;
  readonly onlooker: Onlooker;
  readonly workload: SteadyWorkload;
  readonly load: Load;
  readonly history: History;
  readonly random: FakeRandom;
}

/** Says after each round how it went. */
export async function strikeAndRecover(rounds: number, say: Say): Promise<void> {
  const startedMs = monotonicMs();
  const system = await System.start({ x509SvidTtl: '120s', agentTtl: '120s' });
  const parts: { close(): unknown }[] = [];
  const opened = <T extends { close(): unknown }>(part: T): T => {
    parts.unshift(part);
    return part;
  };
  try {
    const second = opened(await SecondServer.start(system));
    const random = new FakeRandom(seed);
    await system.register({ spiffeId: system.idOf('/steady'), selectors: ownSelectors });
    const workload = opened(await SteadyWorkload.start(system));
    const onlooker = opened(new Onlooker(system, second.port));
    const history = await History.begin(connectionTo(system));
    const load = new Load(system, () => random.fraction());
    const scene = { system, second, onlooker, workload, load, history, random };
    for (let round = 1; round <= rounds; round += 1) {
      const stroke = strokes[(round - 1) % strokes.length] ?? { killed: ['server'] };
      say(`round ${round}, ${nameOf(stroke)}: ${await strikeOnce(scene, stroke, `/round-${round}`)}`);
    }
    say(`${rounds} rounds in ${Math.round((monotonicMs() - startedMs) / 1_000)} s, seed ${seed}`);
  } finally {
    for (const part of parts) await part.close();
    await system.stop();
  }
}

const ownSelectors = [`unix:path:${process.execPath}`];

const nameOf = ({ killed, again = [] }: Stroke): string =>
  `${killed.join(', ')} killed${again.length > 0 ? `, ${again.join(', ')} once more while starting` : ''}`;

function connectionTo({ files }: System) {
  const connection = findRunningPostgres(join(files.serverData, 'postgres'));
  if (connection === undefined) throw new Error('the database does not run');
  return connection;
}

/** Resolves with what to tell of it. `path` is of the identity that shows that all works again. */
async function strikeOnce(scene: Scene, stroke: Stroke, path: string): Promise<string> {
  const { load, random, workload, system, second } = scene;
  load.start();
  try {
    await runFor(load, random.fraction() * LOAD_MAX_MS);
    const startedMs = monotonicMs();
    const postmaster = system.postmasterPid();
    await kill(scene, stroke.killed);
    checkWhole(directories(system, second));
    await Promise.all(stroke.killed.map((part) => bringBack(scene, part, isAgain(stroke, part))));
    // Its backends outlive it for a moment, and what they still do looks like all being well.
    const isAnother = () => system.postmasterPid() !== postmaster || undefined;
    if (stroke.killed.includes('postgres')) await eventually('another Postgres', isAnother, BACK_MS);
    await newIdentityArrives(scene, path);
    const backMs = Math.round(monotonicMs() - startedMs);
    await load.end();
    const seen = await checkAll(scene);
    assert.deepEqual(workload.losses, [], 'the workload lost an identity that it was still entitled to');
    const failures = [...load.failures].map(([why, times]) => `\n    ${times} times: ${why}`);
    const done = `${load.acknowledged} writes acknowledged, ${load.fetches} fetches, second server asked ${seen} times`;
    return `back after ${backMs} ms; ${done}${failures.join('')}`;
  } finally {
    await load.end();
  }
}

const isAgain = ({ again = [] }: Stroke, part: PartName): boolean => again.includes(part);

async function runFor(load: Load, ms: number): Promise<void> {
  const startedMs = monotonicMs();
  const isWarm = (): boolean => load.acknowledged > 0 && load.fetches > 0;
  await eventually('load', () => (monotonicMs() - startedMs > ms && isWarm()) || undefined);
}

/** All of them at the same moment. */
async function kill({ system, second }: Scene, parts: readonly PartName[]): Promise<void> {
  const postmaster = system.postmasterPid();
  const kills: Record<PartName, () => unknown> = {
    server: () => system.server.kill(),
    second: () => second.kill(),
    agent: () => system.agent.kill(),
    postgres: () => process.kill(postmaster, 'SIGKILL'),
  };
  await Promise.all(parts.map((part) => kills[part]()));
}

interface Lifecycle {
  launch(): void;
  kill(): Promise<void>;
  isRunning(): boolean;
  isHealthy(): Promise<boolean>;
}

const lifecycles = ({ system, second }: Scene): Readonly<Record<PartName, Lifecycle>> => {
  const server = {
    launch: () => system.launchServer(),
    kill: () => system.server.kill(),
    isRunning: () => system.server.isRunning,
    isHealthy: () => system.admin.isHealthy(),
  };
  return {
    server,
    second: {
      launch: () => second.launch(),
      kill: () => second.kill(),
      isRunning: () => second.isRunning,
      isHealthy: () => second.isHealthy(),
    },
    agent: {
      launch: () => system.launchAgent(),
      kill: () => system.agent.kill(),
      isRunning: () => system.agent.isRunning,
      isHealthy: () => system.isAgentHealthy(),
    },
    postgres: server, // which restarts it
  };
};

/** As a supervisor does: a program that ended, for lack of its database or else, is started again. */
async function bringBack(scene: Scene, name: PartName, isStruckAgain: boolean): Promise<void> {
  const part = lifecycles(scene)[name];
  if (isStruckAgain) {
    part.launch();
    await sleep(scene.random.fraction() * AGAIN_MAX_MS);
    await part.kill();
  }
  await eventually(
    `healthy ${name}`,
    async () => {
      if (!part.isRunning()) part.launch();
      return (await part.isHealthy()) || undefined;
    },
    BACK_MS,
  );
}

/** From the admin API to the open stream of the workload: every part has to work for that. */
async function newIdentityArrives({ system, workload }: Scene, path: string): Promise<void> {
  const spiffeId = system.idOf(path);
  const register = (): Promise<string> => system.register({ spiffeId, selectors: ownSelectors });
  const entry = await eventually('answer to a creation', register, BACK_MS);
  const has = (): boolean => workload.ids().includes(spiffeId);
  await eventually(`identity ${path}`, () => has() || undefined, BACK_MS);
  await system.admin.deleteEntry(entry);
  await eventually(`end of identity ${path}`, () => !has() || undefined, BACK_MS);
}

/** What was acknowledged, what the second server saw, and what lies on the disks. Resolves with how often it was asked. */
async function checkAll({ system, second, onlooker, load, history }: Scene): Promise<number> {
  await load.check();
  await history.readOn();
  await eventually(
    'second server at the head of the feed',
    () => onlooker.seen?.n === history.head || undefined,
    BACK_MS,
  );
  const sights = onlooker.take();
  for (const sight of sights) history.check(sight);
  assert.deepEqual(onlooker.stepsBack, [], 'the second server answered with an older state');
  for (const ids of load.takeCreated()) history.checkOrder(ids);
  history.forgetEnded();
  const state = directories(system, second);
  checkWhole(state);
  await nothingBeside(state);
  return sights.length;
}

const directories = (
  { files, runtimeDirectory: runtime }: System,
  second: SecondServer,
): StateDirectories => ({
  servers: [files.serverData, second.dataDirectory],
  agent: files.agentData,
  runtime,
});

/**
 * A hundred thousand and a million entries in a real Postgres: how long a server takes from its start until an agent has
 * its 260 entries, what memory it takes, and what an answer and a change cost its index (CPU time, in a process that
 * reads the same database as a server does). The last two must not grow with the total: `growth` is that of ten times
 * as many entries. What is left of it is the distance to memory: the deeds are the same, their data no longer near.
 * Takes some three minutes, most of them to fill the database.
 */
import { monotonicMs } from '../../shared/clock.ts';
import type { System } from '../interop/system.ts';
import type { Report } from './report.ts';
import { Agents } from './rig/agents.ts';
import { Companion } from './rig/companion.ts';
import { connectionStringOf, databaseOf } from './rig/database.ts';
import { fill } from './rig/fill.ts';
import type { IndexFigures } from './rig/measure-index.ts';
import { peakRssMbOf, rssMbOf } from './rig/process-usage.ts';
import { type AtEnd, withSystem } from './rig/with-system.ts';
import { groupText, PER_AGENT, World } from './rig/world.ts';

const BENCH = 'entries';
const SMALL = 100_000;
const LARGE = 1_000_000;
const COLD_START_GOAL_S = 25; // of a million
const RSS_GOAL_MB = 1_000; // of a million

export async function run(report: Report): Promise<void> {
  const small = await measure(report, SMALL);
  const large = await measure(report, LARGE);
  const growth = (metric: string, value: number): void =>
    report.add({ bench: BENCH, metric: `growth of ${metric}`, value, unit: '1' });
  growth('an answer', large.answerUs / small.answerUs);
  growth('a change', large.changeUs / small.changeUs);
}

async function measure(report: Report, size: number): Promise<IndexFigures> {
  let figures: IndexFigures | undefined;
  await withSystem({ logLevel: 'WARN' }, async (system, atEnd) => {
    figures = await measureIn(report, { system, atEnd, size });
  });
  if (figures === undefined) throw new Error('nothing was measured');
  return figures;
}

interface Measuring {
  readonly system: System;
  readonly atEnd: AtEnd;
  readonly size: number;
}

async function measureIn(report: Report, { system, atEnd, size }: Measuring): Promise<IndexFigures> {
  await system.agent.stop();
  const agents = new Agents(system);
  atEnd(() => agents.stop());
  const [token = ''] = await agents.tokens(1, groupText(0));
  await agents.attest([token], 1);
  const world = new World(size, system.idOf(`/spire/agent/join_token/${token}`));
  await fill(databaseOf(system), world, system.now());

  const add = (metric: string, [value, unit]: readonly [number, string], goal?: number): void => {
    const limit = goal === undefined || size !== LARGE ? {} : { limit: goal, ratio: value / goal };
    report.add({ bench: BENCH, metric: `${metric} at ${size}`, value, unit, ...limit });
  };
  add('cold start', [await coldStart(system, agents), 's'], COLD_START_GOAL_S);
  add('rss', [rssMbOf(system.server.pid), 'MB'], RSS_GOAL_MB);
  add('peak rss', [peakRssMbOf(system.server.pid), 'MB'], RSS_GOAL_MB);

  const reader = new Companion('reader-process.ts');
  atEnd(() => reader.stop());
  await reader.ask('read', connectionStringOf(system));
  const figures = await reader.ask<IndexFigures>('measure', size);
  add(`answer of ${PER_AGENT}`, [figures.answerUs, 'us']);
  add('one change', [figures.changeUs, 'us']);
  add('agents told per change', [figures.toldPerChange, '1']);
  return figures;
}

/** Seconds from the start of the server, and of its Postgres, until an agent has its entries. */
async function coldStart(system: System, agents: Agents): Promise<number> {
  await system.server.stop();
  const startedMs = monotonicMs();
  await system.startServer();
  const count = await agents.count();
  const seconds = (monotonicMs() - startedMs) / 1_000;
  // and the entry that gives it the ID of its group
  if (count !== PER_AGENT + 1) throw new Error(`the agent has ${count} entries`);
  return seconds;
}

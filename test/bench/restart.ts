/**
 * From the start of an agent that was killed to the first SVID that a workload gets of it, with no server there: what it
 * kept has to do. With hardly any SVIDs, and with as many as it holds by default.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../shared/clock.ts';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { percentile } from './percentiles.ts';
import type { Report } from './report.ts';
import { ProbedAgent } from './streams/probed-agent.ts';
import { RawStream } from './streams/raw-stream.ts';

const BENCH = 'restart';
const RUNS = 10;
const KEPT = [2, 1_000]; // that of the node's own entry among them; the second is x509_svid_cache_max_size
const LIMIT_MS = 1_000; // issue 3
const RETRY_MS = 2;

export async function run(report: Report): Promise<void> {
  for (const count of KEPT) await measure(report, count);
}

async function measure(report: Report, count: number): Promise<void> {
  const system = await System.start({ logLevel: 'WARN' });
  try {
    await fill(system, count);
    await system.server.kill();
    const ms: number[] = [];
    for (let at = 0; at < RUNS; at += 1) ms.push(await restart(system));
    const value = percentile(ms, 0.5);
    const metric = `first SVID, ${count} kept`;
    report.add({ bench: BENCH, metric, value, unit: 'ms', limit: LIMIT_MS, ratio: value / LIMIT_MS });
    report.add({ bench: BENCH, metric: `${metric}, max`, value: percentile(ms, 1), unit: 'ms' });
    const inside: number[] = [];
    await system.agent.kill();
    for (let at = 0; at < RUNS; at += 1) inside.push(await startInside(system));
    const without = percentile(inside, 0.5);
    report.add({ bench: BENCH, metric: `without process, ${count} kept`, value: without, unit: 'ms' });
  } finally {
    await system.stop();
  }
}

/** One entry is this process's, one the node's, the others are of users that are not there. */
async function fill(system: System, count: number): Promise<void> {
  const entry = (at: number) => ({
    spiffeId: system.idOf(`/service-${at}`),
    selectors: at === 0 ? [`unix:path:${process.execPath}`] : [`unix:uid:${4_000_000 + at}`],
  });
  for (let at = 0; at < count - 1; at += 1) await system.register(entry(at));
  await system.identities();
  await eventually('everything kept', () => keptKeys(system) === count || undefined);
}

function keptKeys(system: System): number {
  const path = system.keptFile();
  return path === undefined ? 0 : readFileSync(path, 'utf8').split('"privateKey"').length - 1;
}

async function restart(system: System): Promise<number> {
  await system.agent.kill();
  const startedMs = monotonicMs();
  system.launchAgent();
  await firstSvid(system.files.agentSocket);
  return monotonicMs() - startedMs;
}

async function startInside(system: System): Promise<number> {
  const agent = await ProbedAgent.start(system.files.agentConf, dirname(system.keptFile() ?? ''), 0);
  const readyMs = monotonicMs();
  await firstSvid(system.files.agentSocket);
  const fetchMs = monotonicMs() - readyMs;
  await agent.stop();
  return agent.startMs + fetchMs;
}

/** Tries until it comes. */
async function firstSvid(path: string): Promise<void> {
  while (!(await answers(path))) await pause(RETRY_MS);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = new RawStream(path, (isOver) => {
      resolve(!isOver);
      if (!isOver) stream.close();
    });
  });
}

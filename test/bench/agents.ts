/**
 * Five thousand agents on mTLS connections of their own, two workloads each, SVIDs of one hour, one entry changed each
 * second: what that costs the server and its Postgres all the time, and how fast a change is at its agent, its SVID signed.
 * All agents and workloads renew at their natural rate meanwhile. Agents, server and Postgres share the machine.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../shared/clock.ts';
import type { System } from '../interop/system.ts';
import { percentile } from './percentiles.ts';
import type { Report } from './report.ts';
import { AGENTS, type Fleet, startFleet, type Workload } from './rig/fleet.ts';
import { cpuMsOf, peakRssMbOf, rssMbOf } from './rig/process-usage.ts';
import { withSystem } from './rig/with-system.ts';

const BENCH = 'agents';
const CHANGES = 90;
const EVERY_MS = 1_000;
const HALF_LIFE_MS = 1_800_000; // of one hour
const SETTLE_MS = 5_000;
const CORES_MAX = 1; // issue 4
const RSS_MAX_MB = 1_000;
const CHANGE_MAX_MS = 500;

export function run(report: Report): Promise<void> {
  return withSystem({ logLevel: 'WARN' }, async (system, atEnd) => {
    const fleet = await startFleet(system, atEnd);
    await fleet.agents.startRenewing(HALF_LIFE_MS);
    await pause(SETTLE_MS);
    await fleet.agents.figures();
    const before = usageOf(system);
    const changeMs = await changeEntries(system, fleet);
    const after = usageOf(system);
    const { syncMs } = await fleet.agents.figures();
    await fleet.agents.stopRenewing();
    const cores = (name: 'serverMs' | 'databaseMs'): number =>
      (after[name] - before[name]) / (after.atMs - before.atMs);
    const add = (metric: string, [value, unit]: readonly [number, string], limit?: number): void =>
      report.add({
        bench: BENCH,
        metric,
        value,
        unit,
        ...(limit === undefined ? {} : { limit, ratio: value / limit }),
      });
    add('agents', [AGENTS, '1']);
    add('server cpu', [cores('serverMs'), 'cores'], CORES_MAX);
    add('database cpu', [cores('databaseMs'), 'cores']);
    add('rss', [rssMbOf(system.server.pid), 'MB'], RSS_MAX_MB);
    add('peak rss', [peakRssMbOf(system.server.pid), 'MB'], RSS_MAX_MB);
    add('sync p50', [percentile(syncMs, 0.5), 'ms']);
    add('sync p99', [percentile(syncMs, 0.99), 'ms']);
    add('change to agent p50', [percentile(changeMs, 0.5), 'ms']);
    add('change to agent p99', [percentile(changeMs, 0.99), 'ms'], CHANGE_MAX_MS);
  });
}

function usageOf(system: System) {
  return {
    atMs: monotonicMs(),
    serverMs: cpuMsOf(system.server.pid),
    databaseMs: system.postgresPids().reduce((sum, pid) => sum + cpuMsOf(pid), 0),
  };
}

/** One a second, each of another agent; from the call until the agent has the SVID of the entry as it then is. */
async function changeEntries(system: System, { agents, workloads }: Fleet): Promise<readonly number[]> {
  const ms: number[] = [];
  const startedMs = monotonicMs();
  for (let nth = 0; nth < CHANGES; nth += 1) {
    const workload = workloads[Math.floor((nth * workloads.length) / CHANGES)];
    if (workload === undefined) throw new Error('there are fewer workloads than changes');
    ms.push(await changeOne(system, agents, workload));
    await pause(Math.max(0, startedMs + (nth + 1) * EVERY_MS - monotonicMs()));
  }
  return ms;
}

async function changeOne(
  system: System,
  agents: Fleet['agents'],
  { at, entryId, entry }: Workload,
): Promise<number> {
  const startedMs = monotonicMs();
  const revised = agents.revised({ at, entryId, revision: 1 });
  await system.admin.updateEntry(entryId, { ...entry, x509SvidTtlSeconds: 3_000 });
  await revised;
  return monotonicMs() - startedMs;
}

/**
 * FetchJWTSVID on an open connection: of a token that the agent holds, and of one that it must have signed first; one after
 * another, and how many a second of the agent's CPU time gives. No limits stand in the way: as many calls as one user may
 * make at once, and eight entries, each of which has a rate of its own.
 */
import { SpiffeId, WorkloadApiClient } from '../../shared/client/index.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { addTimes } from './percentiles.ts';
import type { Report } from './report.ts';
import { cpuMsOf } from './rig/process-usage.ts';

const BENCH = 'jwt-fetch';
const ENTRIES = 8;
const WARM_UP = 200;
const ONE_BY_ONE = 500;
const TOGETHER = 1_000;
const CALLERS = 16;

type Kind = 'cached' | 'uncached';
const NAMES: Readonly<Record<Kind, string>> = { cached: BENCH, uncached: `${BENCH}-new` };

export async function run(report: Report): Promise<void> {
  const system = await System.start({ logLevel: 'WARN', isSigningLimited: false });
  const client = new WorkloadApiClient({ address: system.workloadApi });
  try {
    const ids = Array.from({ length: ENTRIES }, (_, at) => SpiffeId.parse(system.idOf(`/service-${at}`)));
    const selectors = [`unix:path:${process.execPath}`];
    for (const id of ids) await system.register({ spiffeId: id.toString(), selectors });
    const known = async () => (await client.jwtSvidResponse({ audience: 'first' })).svids.length === ENTRIES;
    await eventually('every entry on the agent', async () => (await known().catch(() => false)) || undefined);
    let calls = 0;
    const fetch = async (kind: Kind): Promise<void> => {
      calls += 1;
      const id = ids[calls % ENTRIES];
      await client.jwtSvidResponse({ audience: kind === 'cached' ? 'first' : `other-${calls}`, id });
    };
    for (const kind of ['cached', 'uncached'] as const) await measure(kind, { report, system, fetch });
  } finally {
    client.close();
    await system.stop();
  }
}

interface Measured {
  readonly report: Report;
  readonly system: System;
  readonly fetch: (kind: Kind) => Promise<void>;
}

async function measure(kind: Kind, { report, system, fetch }: Measured): Promise<void> {
  for (let at = 0; at < WARM_UP; at += 1) await fetch(kind);
  const ms: number[] = [];
  for (let at = 0; at < ONE_BY_ONE; at += 1) {
    const startedMs = monotonicMs();
    await fetch(kind);
    ms.push(monotonicMs() - startedMs);
  }
  addTimes(report, NAMES[kind], { ms });
  const before = {
    cpuMs: cpuMsOf(system.agent.pid),
    serverMs: cpuMsOf(system.server.pid),
    ms: monotonicMs(),
  };
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (let at = 0; at < TOGETHER / CALLERS; at += 1) await fetch(kind);
    }),
  );
  const perSecondOf = (spentMs: number): number => (TOGETHER / spentMs) * 1_000;
  const add = (metric: string, value: number, unit: string): void =>
    report.add({ bench: NAMES[kind], metric, value, unit });
  add('per core', perSecondOf(cpuMsOf(system.agent.pid) - before.cpuMs), '1/s');
  add('all', perSecondOf(monotonicMs() - before.ms), '1/s');
  if (kind === 'uncached')
    add('server cpu per call', (cpuMsOf(system.server.pid) - before.serverMs) / TOGETHER, 'ms');
}

/**
 * The first message of FetchX509SVID on a new connection, from an agent that has the SVID: what a starting workload waits
 * for. One after another, and what that costs the agent in CPU time; and with thousands of open streams, what each of them
 * costs, and what it costs to tell them all.
 */
import { WorkloadApiClient } from '../../shared/client/index.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { System } from '../interop/system.ts';
import { addTimes } from './percentiles.ts';
import type { Report } from './report.ts';
import { cpuMsOf, rssMbOf } from './rig/process-usage.ts';
import { measureOpenStreams } from './streams/open-streams.ts';

const BENCH = 'workload-fetch';
const FETCHES = 2_000;
const WARM_UP = 300;

export async function run(report: Report): Promise<void> {
  const system = await System.start({ logLevel: 'WARN' });
  try {
    const selectors = [`unix:path:${process.execPath}`];
    const entry = { spiffeId: system.idOf('/service'), selectors };
    const entryId = await system.register(entry);
    await system.identities();
    for (let at = 0; at < WARM_UP; at += 1) await fetchOnce(system.workloadApi);
    const cpuBeforeMs = cpuMsOf(system.agent.pid);
    const ms: number[] = [];
    for (let at = 0; at < FETCHES; at += 1) ms.push(await fetchOnce(system.workloadApi));
    const cpuMs = cpuMsOf(system.agent.pid) - cpuBeforeMs;
    addTimes(report, BENCH, { ms });
    report.add({ bench: BENCH, metric: 'cpu per call', value: cpuMs / FETCHES, unit: 'ms' });
    report.add({ bench: BENCH, metric: 'rss', value: rssMbOf(system.agent.pid), unit: 'MB' });
    // another lifetime is another SVID
    const change = (): Promise<void> =>
      system.admin.updateEntry(entryId, { ...entry, parentId: system.nodeId, x509SvidTtlSeconds: 1_800 });
    await measureOpenStreams(report, system, change);
  } finally {
    await system.stop();
  }
}

/** Milliseconds from nothing to the first message. The message is not parsed: that would be the client's time. */
async function fetchOnce(address: string): Promise<number> {
  const startedMs = monotonicMs();
  const client = new WorkloadApiClient({ address });
  try {
    for await (const { svids } of client.x509SvidResponses()) {
      if (svids.length !== 1) throw new Error(`${svids.length} SVIDs came`);
      return monotonicMs() - startedMs;
    }
    throw new Error('the stream ended without a message');
  } finally {
    client.close();
  }
}

/**
 * An agent that holds SVIDs of so many entries and that nobody asks for anything: its memory, and the CPU time that its
 * rounds and timers take. Compiled, as it is shipped: to strip types takes 30 MB.
 */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DebugDefinition } from '../../proto/gen/spire/agent/debug/v1/Debug.ts';
import { LocalClient } from '../../shared/rpc/local/client.ts';
import { eventually, Program } from '../interop/program.ts';
import type { System } from '../interop/system.ts';
import type { Report } from './report.ts';
import { cpuMsOf, rssMbOf } from './rig/process-usage.ts';
import { withSystem } from './rig/with-system.ts';

const ROOT = dirname(dirname(import.meta.dirname));
const BENCH = 'agent-idle';
const ENTRIES = [0, 100, 1_000];
const RSS_MB_MAX = 120; // issue 5, with 100 entries
const SETTLING_MS = 5_000;
const IDLE_MS = 20_000;

export const run = (report: Report): Promise<void> =>
  withSystem({ logLevel: 'WARN' }, async (system, atEnd) => {
    const agent = await startCompiled(system);
    atEnd(() => agent.stop());
    let held = 0;
    for (const count of ENTRIES) {
      await system.admin.createEntries(
        Array.from({ length: count - held }, (_, at) => ({
          spiffeId: system.idOf(`/service/${held + at}`),
          parentId: system.nodeId,
          selectors: [`unix:uid:${3_000_000 + held + at}`],
        })),
      );
      held = count;
      await untilHeld(system, count);
      await pause(SETTLING_MS);
      const cpuBeforeMs = cpuMsOf(agent.pid);
      await pause(IDLE_MS);
      const percent = ((cpuMsOf(agent.pid) - cpuBeforeMs) / IDLE_MS) * 100;
      const rss = rssMbOf(agent.pid);
      const [limit, ratio] = [RSS_MB_MAX, rss / RSS_MB_MAX];
      report.add({ bench: BENCH, metric: `rss, ${count} entries`, value: rss, unit: 'MB', limit, ratio });
      report.add({ bench: BENCH, metric: `cpu, ${count} entries`, value: percent, unit: '%' });
    }
  });

/** In the place of the system's agent. */
async function startCompiled(system: System): Promise<Program> {
  execFileSync(process.execPath, [join(ROOT, 'deploy', 'build.ts')]);
  await system.agent.stop();
  const agent = Program.start({
    name: 'compiled agent',
    command: process.execPath,
    args: [join(ROOT, 'dist', 'agent', 'main.js'), 'run', '-config', system.files.agentConf],
    logPath: system.files.agentLog,
    environment: { RUNTIME_DIRECTORY: dirname(system.keptFile() ?? '') },
  });
  await agent.until('healthy', () => system.isAgentHealthy());
  return agent;
}

/** Its answers are five seconds old at most. */
function untilHeld({ files }: System, count: number): Promise<true> {
  const debug = new LocalClient<DebugDefinition>('spire.agent.debug.v1.Debug', files.agentAdminSocket);
  return eventually(
    'SVIDs',
    async () => {
      const info = await debug.unary('GetInfo', {}, { timeoutMs: 10_000 });
      return info.cached_x509_svids_count >= count ? true : undefined;
    },
    60_000,
  );
}

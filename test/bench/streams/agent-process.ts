/**
 * An agent with a probe beside it, in a process of its own: `agent-process.ts CONFIG RUNTIME_DIRECTORY CONNECTIONS`. Tells
 * whoever started it what it measures, over the channel that node:child_process makes. Started by probed-agent.
 */
import { readFileSync } from 'node:fs';
import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { createAgent } from '../../../agent/agent.ts';
import { loadAgentConfig } from '../../../agent/config.ts';
import { silentLogger } from '../../../shared/log/logger.ts';

const [path = '', runtimeDirectory = '', connections = '0'] = process.argv.slice(2);
const { config } = loadAgentConfig({
  path,
  text: readFileSync(path, 'utf8'),
  expandEnv: false,
  environment: {},
});
const perUid = Number(connections);
const agent = createAgent({
  config,
  log: silentLogger,
  runtimeDirectories: [runtimeDirectory],
  ...(perUid > 0 ? { connectionLimits: { total: perUid * 2, perUid } } : {}),
});

/** What the process holds once everything that can be freed has been. */
function memory() {
  for (let times = 0; times < 3; times += 1)
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

const MS = 1_000_000;
const delay = monitorEventLoopDelay({ resolution: 1 });
let turns = createHistogram();
let isSampling = false;

/** CPU time of one turn of the event loop: what it would take on a machine that does nothing else. */
function sample(before = process.threadCpuUsage()): void {
  if (!isSampling) return;
  const now = process.threadCpuUsage();
  turns.record(Math.max(1, now.user + now.system - before.user - before.system));
  setImmediate(sample, now);
}

function begin(): void {
  delay.reset();
  delay.enable();
  turns = createHistogram();
  isSampling = true;
  sample();
}

function end() {
  delay.disable();
  isSampling = false;
  return { longestMs: delay.max / MS, longestCpuMs: turns.max / 1_000 };
}

const deeds: Readonly<Record<string, () => unknown>> = { memory, begin, end };

process.on('message', (deed: string) => process.send?.({ answer: deeds[deed]?.() ?? null }));
process.on('disconnect', () => void agent.stop());
const startedMs = performance.now();
await agent.start();
process.send?.({ startMs: performance.now() - startedMs });
process.exitCode = (await agent.done).kind === 'stopped' ? 0 : 1;

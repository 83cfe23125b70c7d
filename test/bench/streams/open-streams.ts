/**
 * What an open FetchX509SVID stream holds of the agent's memory, each on a connection of its own as a workload has it, and
 * how long the agent's event loop is blocked while all of them get a new SVID. Called by the benches workload-fetch and fan-out.
 */
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../../shared/clock.ts';
import { eventually } from '../../interop/program.ts';
import type { System } from '../../interop/system.ts';
import type { Report } from '../report.ts';
import { ProbedAgent } from './probed-agent.ts';
import { RawStream } from './raw-stream.ts';

const BENCH = 'workload-fetch';
const STREAMS = 5_000;
const WARM_UP = 200;
const KB = 1_024;
const MEMORY_KB_MAX = 40; // issue 3
const BLOCK_MS_MAX = 50; // issue 3
/** Below the agent's limit for one user, 500 a second. */
const OPENED_AT_ONCE = 4;
const OPENED_EVERY_MS = 12;
const ALL_MS = 120_000;

/** Takes the place of the system's agent, with what that kept. */
export async function measureOpenStreams(report: Report, system: System, change: () => Promise<void>) {
  const runtime = dirname(system.keptFile() ?? '');
  await system.agent.stop();
  const agent = await ProbedAgent.start(system.files.agentConf, runtime, STREAMS + WARM_UP);
  const streams = new Streams(system.files.agentSocket);
  try {
    await measureMemory(report, agent, streams);
    await measurePush(report, { bench: BENCH, agent, streams, change });
  } finally {
    streams.close();
    await agent.stop();
  }
}

/** The push alone, of whatever `change` changes for all of them. Takes the place of the system's agent likewise. */
export async function measureFanOut(report: Report, system: System, change: () => Promise<void>) {
  const runtime = dirname(system.keptFile() ?? '');
  await system.agent.stop();
  const agent = await ProbedAgent.start(system.files.agentConf, runtime, STREAMS);
  const streams = new Streams(system.files.agentSocket);
  try {
    await streams.open(STREAMS);
    await measurePush(report, { bench: 'fan-out', agent, streams, change });
  } finally {
    streams.close();
    await agent.stop();
  }
}

/** By RSS, which is what the machine has to give: half of a stream's memory is the HTTP/2 library's, outside of the heap. */
async function measureMemory(report: Report, agent: ProbedAgent, streams: Streams): Promise<void> {
  await streams.open(WARM_UP);
  const before = await agent.memory();
  await streams.open(STREAMS);
  const after = await agent.memory();
  const perStream = (after.rss - before.rss) / STREAMS / KB;
  report.add({ bench: BENCH, metric: 'open streams', value: STREAMS, unit: '1' });
  report.add({
    bench: BENCH,
    metric: 'rss per open stream',
    value: perStream,
    unit: 'KB',
    limit: MEMORY_KB_MAX,
    ratio: perStream / MEMORY_KB_MAX,
  });
  const heap = (after.heap - before.heap) / STREAMS / KB;
  report.add({ bench: BENCH, metric: 'heap per open stream', value: heap, unit: 'KB' });
}

interface Push {
  readonly bench: string;
  readonly agent: ProbedAgent;
  readonly streams: Streams;
  readonly change: () => Promise<void>;
}

async function measurePush(report: Report, { bench, agent, streams, change }: Push): Promise<void> {
  const told = streams.all();
  await agent.beginSampling();
  const startedMs = monotonicMs();
  await change();
  await told;
  const value = monotonicMs() - startedMs;
  const { longestMs, longestCpuMs } = await agent.endSampling();
  report.add({ bench, metric: 'push to all', value, unit: 'ms' });
  const limit = BLOCK_MS_MAX;
  const ratio = longestMs / limit;
  report.add({ bench, metric: 'longest block', value: longestMs, unit: 'ms', limit, ratio });
  report.add({ bench, metric: 'longest block, cpu', value: longestCpuMs, unit: 'ms' });
}

class Streams {
  readonly #path: string;
  readonly #open: RawStream[] = [];
  readonly #told = new Set<number>();
  #failed = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** So many more; resolves when each has its first message. Throws when one has been refused. */
  async open(count: number): Promise<void> {
    const from = this.#open.length;
    for (let at = from; at < from + count; at += 1) {
      this.#open.push(new RawStream(this.#path, (isOver) => this.#news(at, isOver)));
      if (at % OPENED_AT_ONCE === 0) await pause(OPENED_EVERY_MS);
    }
    await this.#until('first messages', () => this.#told.size >= from + count);
  }

  /** Resolves when each has been told something more. */
  all(): Promise<void> {
    this.#told.clear();
    return this.#until('messages', () => this.#told.size >= this.#open.length);
  }

  async #until(what: string, isTrue: () => boolean): Promise<void> {
    await eventually(what, () => this.#failed > 0 || isTrue() || undefined, ALL_MS);
    if (this.#failed > 0) throw new Error(`${this.#failed} streams ended`);
  }

  #news(at: number, isOver: boolean): void {
    if (isOver) this.#failed += 1;
    else this.#told.add(at);
  }

  close(): void {
    for (const stream of this.#open) stream.close();
  }
}

/**
 * What the command line takes, as whole processes: the help, and calls of local sockets, against an empty program on the
 * same Node.js. By turns, so that what else the machine does meets all of them; the CPU time is what is left of the time on
 * a machine that does nothing else.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { System } from '../interop/system.ts';
import { percentile } from './percentiles.ts';
import type { Report } from './report.ts';

const BENCH = 'cli';
const ROUNDS = 40;
const WARM_UP = 3;
const WRIT = join(dirname(dirname(import.meta.dirname)), 'writ');
const EMPTY = 'empty program';

interface Line {
  readonly name: string;
  readonly words: readonly string[];
  /** Of the empty program's time, at most (issue 3). */
  readonly timesMax?: number;
}

export async function run(report: Report): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'writ-bench-'));
  const system = await System.start({ logLevel: 'WARN' });
  try {
    const empty = join(directory, 'empty.mjs');
    writeFileSync(empty, '');
    const { serverSocket, agentSocket } = system.files;
    await measure(report, [
      { name: EMPTY, words: [process.execPath, empty] },
      { name: 'help', words: [WRIT, 'server', 'help'], timesMax: 2 },
      {
        name: 'entry count',
        words: [WRIT, 'server', 'entry', 'count', '-socketPath', serverSocket],
        timesMax: 3,
      },
      {
        name: 'agent healthcheck',
        words: [WRIT, 'agent', 'healthcheck', '-socketPath', agentSocket],
        timesMax: 3,
      },
    ]);
  } finally {
    await system.stop();
    rmSync(directory, { recursive: true });
  }
}

async function measure(report: Report, lines: readonly Line[]): Promise<void> {
  const taken = lines.map((line) => ({ line, wall: [] as number[], cpu: [] as number[] }));
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const { line, wall, cpu } of taken) {
      const { wallMs, cpuMs } = await timeOf(line.words);
      if (round < 0) continue;
      wall.push(wallMs);
      cpu.push(cpuMs);
    }
  }
  for (const [kind, what] of [
    ['wall', ''],
    ['cpu', ', cpu'],
  ] as const) {
    const [empty = 0, ...others] = taken.map((each) => percentile(each[kind], 0.5));
    report.add({ bench: BENCH, metric: `${EMPTY}${what}`, value: empty, unit: 'ms' });
    for (const [at, { name, timesMax = 1 }] of lines.slice(1).entries()) {
      const [value = 0, limit] = [others[at], empty * timesMax];
      report.add({ bench: BENCH, metric: `${name}${what}`, value, unit: 'ms', limit, ratio: value / limit });
    }
  }
}

/** As bash measures it: from start to end, and what the kernel counts of it. Rejects when it fails. */
async function timeOf(words: readonly string[]): Promise<{ wallMs: number; cpuMs: number }> {
  const script = `TIMEFORMAT='%3R %3U %3S'; time "$@" >/dev/null`;
  const { stderr } = await promisify(execFile)('bash', ['-c', script, 'bash', ...words]);
  const [real = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number);
  return { wallMs: real * 1_000, cpuMs: (user + system) * 1_000 };
}

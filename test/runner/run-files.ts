/** Runs test files with node:test and ends a run that hangs. Called by test/run.ts. */
import { join } from 'node:path';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { group } from './groups.ts';
import { type Outcome, RunReport } from './report.ts';

export interface RunPlan {
  readonly files: readonly string[];
  /** Each file in a process of its own, or many in one for each core, which is thirty times faster. */
  readonly isIsolated: boolean;
  /** Longest time of one test. */
  readonly testTimeoutMs: number;
  /** Longest time of them all. */
  readonly limitMs: number;
}

const LOADED = [join(import.meta.dirname, '..', 'seed.ts'), join(import.meta.dirname, 'left-open.ts')];
const WATCH_MS = 1_000;
const KILL_MS = 2_000; // for processes to end when they are told to
const GRACE_MS = 30_000; // after a test's own timeout, for what node:test does then

/** Resolves when all have run; ends this process, and those of isolated files, when they do not end in time. */
export async function runFiles(plan: RunPlan, out: (text: string) => void): Promise<Outcome> {
  const report = new RunReport(out);
  const children = new AbortController();
  const watchdog = new Watchdog(plan, (totalMs) => {
    out(hangText(report, totalMs));
    report.end();
    children.abort();
    setTimeout(() => process.exit(1), KILL_MS);
  });
  const groups = plan.isIsolated ? undefined : group(plan.files);
  const events = run({
    files: [...(groups?.modules ?? plan.files)],
    timeout: plan.testTimeoutMs,
    isolation: 'process',
    concurrency: groups?.modules.length ?? 1,
    execArgv: LOADED.flatMap((path) => ['--import', path]),
    signal: children.signal,
  });
  try {
    for await (const event of events as AsyncIterable<TestEvent>) {
      watchdog.heard();
      report.see(event);
    }
  } finally {
    watchdog.stop();
    groups?.remove();
  }
  return report.end();
}

function hangText(report: RunReport, totalMs: number): string {
  const running = report.running().map((name) => `  ${name}\n`);
  return `\n✖ the run does not end after ${totalMs / 1_000} s. Running:\n${running.join('')}`;
}

/** Calls once when nothing has been heard for longer than any test may take, when all take too long, or on a signal. */
class Watchdog {
  readonly #timer: NodeJS.Timeout;
  #silentMs = 0;
  #totalMs = 0;

  constructor(plan: RunPlan, onHang: (totalMs: number) => void) {
    const end = (): void => {
      this.stop();
      onHang(this.#totalMs);
    };
    this.#timer = setInterval(() => {
      this.#totalMs += WATCH_MS;
      this.#silentMs += WATCH_MS;
      if (this.#silentMs >= plan.testTimeoutMs + GRACE_MS || this.#totalMs >= plan.limitMs) end();
    }, WATCH_MS);
    this.#timer.unref();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  }

  heard(): void {
    this.#silentMs = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

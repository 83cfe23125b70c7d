/** A program that a test runs beside itself: its output goes to a file, and it ends when the test does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { monotonicMs, systemClock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';

export interface ProgramSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logPath: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** False for programs that are not ours: ours end by themselves when the test is gone. */
  readonly isTied?: boolean;
  /** Default: the user of this process. */
  readonly uid?: number;
}

const STOP_MS = 20_000;
const POLL_MS = 50;
const TAIL_LINES = 40;

export class Program {
  readonly #spec: ProgramSpec;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(spec: ProgramSpec, child: ChildProcess) {
    this.#spec = spec;
    this.#child = child;
    this.#exited = once(child, 'exit');
  }

  static start(spec: ProgramSpec): Program {
    const log = openSync(spec.logPath, 'a', 0o600);
    const ids = spec.uid === undefined ? {} : { uid: spec.uid, gid: spec.uid };
    const child = spawn(spec.command, spec.args, {
      ...ids,
      env: { ...process.env, ...spec.environment },
      stdio: ['ignore', log, log, ...(spec.isTied === false ? [] : (['ipc'] as const))],
    });
    closeSync(log);
    return new Program(spec, child);
  }

  /** Throws when it could not be started. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#spec.name} did not start`);
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has printed so far. */
  output(): string {
    return readFileSync(this.#spec.logPath, 'utf8');
  }

  /** Waits until it says that; throws with its last words when it ends first, or takes too long. */
  async until(what: string, isTrue: () => Promise<boolean> | boolean, limitMs = 60_000): Promise<void> {
    const startedMs = monotonicMs();
    while (!(await isTrue())) {
      if (!this.isRunning) throw new Error(`${this.#spec.name} ended before ${what}:\n${this.#tail()}`);
      if (monotonicMs() - startedMs > limitMs)
        throw new Error(`${this.#spec.name}: no ${what} within ${limitMs / 1_000} s:\n${this.#tail()}`);
      await systemClock.sleep(POLL_MS);
    }
  }

  #tail(): string {
    return this.output().trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }

  /** SIGTERM, and SIGKILL when that is not heeded; resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#child.kill('SIGTERM');
    const patience = new AbortController();
    const cut = systemClock.sleep(STOP_MS, patience.signal).then(
      () => this.#child.kill('SIGKILL'),
      () => undefined,
    );
    await this.#exited;
    patience.abort(new Error('it ended'));
    await cut;
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

/** Tries until it holds; throws with the last failure after `limitMs`. */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined> | T | undefined,
  limitMs = 30_000,
): Promise<T> {
  const startedMs = monotonicMs();
  let last: unknown;
  while (monotonicMs() - startedMs < limitMs) {
    try {
      const found = await attempt();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    await systemClock.sleep(POLL_MS);
  }
  const why = last === undefined ? '' : `: ${messageOf(last)}`;
  throw new Error(`no ${what} within ${limitMs / 1_000} s${why}`, { cause: last });
}

/** One child process of the trial system: started, watched, restarted with backoff, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly logPath: string;
  /** Runs before every start, the first included. */
  readonly before?: () => Promise<void>;
  readonly onMessage?: (message: unknown) => void;
}

export interface Supervision {
  readonly clock: Clock;
  readonly random: Random;
  /** Tells the user what happened. */
  readonly say: (text: string) => void;
}

const STOP_MS = 15_000;
const STEADY_MS = 30_000;
const TAIL_LINES = 3;

export class SupervisedProcess {
  readonly #spec: ProcessSpec;
  readonly #supervision: Supervision;
  readonly #backoff: Backoff;
  #child: ChildProcess | undefined;
  #isStopping = false;

  constructor(spec: ProcessSpec, supervision: Supervision) {
    this.#spec = spec;
    this.#supervision = supervision;
    this.#backoff = new Backoff(supervision.random, { initialMs: 500, maxMs: 30_000, factor: 2 });
  }

  /** Starts it; `until` resolves when it works. Throws, with its last words, when it dies before that. */
  async start(until: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.#spec.before?.();
    const died = new AbortController();
    const ended = this.#spawn();
    ended.then(
      (how) => died.abort(new Error(`the ${this.#spec.name} ended (${how}): ${this.lastWords()}`)),
      (error: unknown) => died.abort(error),
    );
    await until(died.signal);
    void this.#keepUp(ended);
  }

  /** Resolves with how it ended. */
  async #spawn(): Promise<string> {
    const { command, args, environment, logPath, onMessage } = this.#spec;
    const log = openSync(logPath, 'a', 0o600);
    const child = spawn(command, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', log, log, 'ipc'], // it ends when this channel does: nothing outlives a killed `writ up`
      detached: true, // Ctrl-C reaches only us: we stop the parts in order
    });
    closeSync(log);
    this.#child = child;
    if (onMessage !== undefined) child.on('message', onMessage);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  async #keepUp(ended: Promise<string>): Promise<void> {
    const { clock, say } = this.#supervision;
    let next = ended;
    for (;;) {
      const startedAt = clock.now();
      const how = await next.catch((error: unknown) => String(error));
      if (this.#isStopping) return;
      if (clock.now().getTime() - startedAt.getTime() > STEADY_MS) this.#backoff.reset();
      const delayMs = this.#backoff.next();
      say(`${this.#spec.name} ended (${how}); starting it again in ${(delayMs / 1_000).toFixed(1)} s`);
      await clock.sleep(delayMs);
      if (this.#isStopping) return;
      await this.#spec.before?.().catch((error: unknown) => say(`${this.#spec.name}: ${String(error)}`));
      if (this.#isStopping) return;
      next = this.#spawn();
    }
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Why it ended, as its log has it: the last error that it named, else its last lines. */
  lastWords(): string {
    const lines = readFileSync(this.#spec.logPath, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
    const named = / error=("(?:[^"\\]|\\.)*")/.exec(lines.at(-1) ?? '')?.[1];
    const words = named === undefined ? lines.join(' | ') : String(JSON.parse(named));
    return `${words} (log: ${this.#spec.logPath})`;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new AbortController();
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    this.#supervision.clock.sleep(STOP_MS, exited.signal).then(
      () => child.kill('SIGKILL'),
      () => {}, // it went by itself
    );
    await gone;
    exited.abort();
  }
}

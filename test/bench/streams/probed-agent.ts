/** An agent whose process tells what it holds and how long it blocks. Used by open-streams and restart. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Memory {
  readonly rss: number;
  /** What JavaScript holds, buffers included. */
  readonly heap: number;
}

export interface Blocks {
  readonly longestMs: number;
  /** The same in CPU time of that thread. */
  readonly longestCpuMs: number;
}

export class ProbedAgent {
  readonly #child: ChildProcess;

  /** From the first step of the agent itself until it served. */
  readonly startMs: number;

  private constructor(child: ChildProcess, startMs: number) {
    this.#child = child;
    this.startMs = startMs;
  }

  /** With places for so many connections of one user; resolves when it serves. */
  static async start(conf: string, runtimeDirectory: string, connections: number): Promise<ProbedAgent> {
    const child = fork(
      join(import.meta.dirname, 'agent-process.ts'),
      [conf, runtimeDirectory, String(connections)],
      { execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'] },
    );
    const { startMs } = (await next(child)) as { readonly startMs: number };
    return new ProbedAgent(child, startMs);
  }

  memory(): Promise<Memory> {
    return this.#ask('memory') as Promise<Memory>;
  }

  async beginSampling(): Promise<void> {
    await this.#ask('begin');
  }

  endSampling(): Promise<Blocks> {
    return this.#ask('end') as Promise<Blocks>;
  }

  async #ask(deed: string): Promise<unknown> {
    const answered = next(this.#child);
    this.#child.send(deed);
    const message = await answered;
    return (message as { answer: unknown }).answer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

async function next(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const exited = (): void => ended.abort(new Error('the agent ended'));
  child.once('exit', exited);
  try {
    const [message]: unknown[] = await once(child, 'message', { signal: ended.signal });
    return message;
  } finally {
    child.off('exit', exited);
  }
}

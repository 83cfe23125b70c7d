/**
 * A process beside a bench that does deeds by name, so that what is measured does not share its event loop. It ends with
 * its bench. The other half is companion-process.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** As they travel between the processes. */
export interface Asked {
  readonly id: number;
  readonly deed: string;
  readonly about: unknown;
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: string };

export class Companion {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;

  /** `file` of this folder. */
  constructor(file: string) {
    this.#name = file;
    this.#child = fork(join(import.meta.dirname, file), {
      execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc'],
    });
    this.#child.on('message', (answer: Answer) => this.#hear(answer));
  }

  /** What the deed gives there. Rejects when it fails, and when the process ends first. */
  async ask<Result>(deed: string, about?: unknown): Promise<Result> {
    this.#asked += 1;
    const answered = Promise.withResolvers<unknown>();
    const ended = (code: unknown): void =>
      answered.reject(new Error(`${this.#name} ended with ${String(code)} during ${deed}`));
    this.#waiting.set(this.#asked, answered);
    this.#child.once('exit', ended);
    if (this.#isRunning()) this.#child.send({ id: this.#asked, deed, about } satisfies Asked);
    else ended(this.#child.exitCode);
    try {
      return (await answered.promise) as Result;
    } finally {
      this.#child.off('exit', ended);
    }
  }

  async stop(): Promise<void> {
    if (!this.#isRunning()) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #hear(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('failure' in answer) waiting?.reject(new Error(`${this.#name}: ${answer.failure}`));
    else waiting?.resolve(answer.result);
  }
}

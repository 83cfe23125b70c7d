/**
 * The program that the helper runs (`cmd`), begun once the files are there. When it ends by itself it is begun again with the
 * next change of the files, as spiffe-helper has it. Made by helper.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Part } from '../../shared/tasks.ts';
import type { ProcessConfig } from './config/process-fields.ts';

const STOP_MS = 10_000; // as long as `docker stop` waits

export interface CommandNeeds {
  readonly config: ProcessConfig;
  readonly command: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Command implements Part {
  readonly name = 'command';
  readonly #needs: CommandNeeds;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(needs: CommandNeeds) {
    this.#needs = needs;
  }

  async start(): Promise<void> {}

  /** The files have changed: begins the program, or tells it. */
  async renew(): Promise<void> {
    const { config, log } = this.#needs;
    if (this.#isStopping) return;
    if (this.#child === undefined) return this.#begin();
    if (config.restarts) {
      await this.#end();
      this.#begin();
    } else if (config.renewSignal !== undefined && !this.#child.kill(config.renewSignal)) {
      log.warn('the command could not be signalled', { signal: config.renewSignal });
    }
  }

  /** Asks it to end, and makes it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#end();
  }

  #begin(): void {
    const { command, config, log } = this.#needs;
    const child = spawn(command, [...config.args], { stdio: 'inherit' });
    this.#child = child;
    const over = Promise.withResolvers<void>();
    this.#ended = over.promise;
    const end = (how: Record<string, unknown>): void => {
      if (this.#child === child) this.#child = undefined;
      if (!this.#isStopping) log.warn('the command has ended; it is run again when the files change', how);
      over.resolve();
    };
    child.once('spawn', () => log.info('the command runs', { command, pid: child.pid }));
    child.once('error', (error) => {
      log.error('the command cannot be run: is cmd a program that may be executed?', {
        error: messageOf(error),
      });
      if (child.pid === undefined) end({ command });
    });
    child.once('exit', (code, signal) => end({ code, signal }));
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGTERM');
    const patience = new AbortController();
    const late = this.#needs.clock.sleep(STOP_MS, patience.signal).then(
      () => void child.kill('SIGKILL'),
      () => {},
    );
    await this.#ended;
    patience.abort();
    await late;
  }
}

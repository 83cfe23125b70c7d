/** Prints the steps of `writ up`, each with the time that it took. */
import { monotonicMs } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Terminal } from '../../shared/cli/command.ts';

/** A step that failed, named for the exit message. */
export class StepFailed extends Error {}

export class Narrator {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  say(text: string): void {
    this.#terminal.out(`${text}\n`);
  }

  /** Runs a step and prints its line; throws StepFailed that names it. */
  async step<T>(name: string, deed: () => Promise<T>, tell: (result: T) => string = () => ''): Promise<T> {
    const startedMs = monotonicMs();
    try {
      const result = await deed();
      const more = tell(result);
      this.say(`  ${seconds(monotonicMs() - startedMs)}  ${name}${more === '' ? '' : `: ${more}`}`);
      return result;
    } catch (error) {
      throw new StepFailed(`${name}: ${messageOf(error)}`, { cause: error });
    }
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`.padStart(8);

/** Parts that start in order and stop in the reverse order. */
import { messageOf } from './errors.ts';

export interface Part {
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** Started parts; `stop` ends them, last first, and never throws (the first failures are returned by name). */
export class Running {
  readonly #started: Part[] = [];
  readonly #abort = new AbortController();

  async start(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      try {
        await part.start(this.#abort.signal);
      } catch (error) {
        await this.stop();
        throw error;
      }
      this.#started.push(part);
    }
  }

  async stop(): Promise<readonly string[]> {
    this.#abort.abort(new Error('stopping'));
    const failures: string[] = [];
    for (const part of this.#started.splice(0).reverse()) {
      await part.stop().catch((error: unknown) => failures.push(`${part.name}: ${messageOf(error)}`));
    }
    return failures;
  }
}

/** Work that takes longer than a turn of the event loop should: others come in between. Used where long lists are made. */
import { setImmediate as nextRound } from 'node:timers/promises';
import { monotonicMs } from './clock.ts';

const TURN_MAX_MS = 10;

export class Pauses {
  #turnBeganMs = monotonicMs();

  /** Asked between two steps of the work; then `take` one. */
  get isDue(): boolean {
    return monotonicMs() - this.#turnBeganMs > TURN_MAX_MS;
  }

  async take(): Promise<void> {
    await nextRound();
    this.#turnBeganMs = monotonicMs();
  }
}

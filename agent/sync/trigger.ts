/** Wakes a loop before its time; many pokes are one. Between those who learn of work and the loops that do it. */
import type { Clock } from '../../shared/clock.ts';

export class Trigger {
  #isPoked = false;
  #wake: (() => void) | undefined;

  poke(): void {
    this.#isPoked = true;
    this.#wake?.();
  }

  /** Resolves with true when poked, before the call or after, with false after `ms`; rejects when aborted. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (!this.#isPoked) await this.#sleep(clock, ms, signal);
    const wasPoked = this.#isPoked;
    this.#isPoked = false;
    return wasPoked;
  }

  async #sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await clock.sleep(ms, AbortSignal.any([signal, woken.signal]));
    } catch (error) {
      if (!this.#isPoked || signal.aborted) throw error;
    } finally {
      this.#wake = undefined;
    }
  }
}

/** Asks the source of keys by the clock, and holds what it last said. Started by provider; asked by endpoints and health. */
import { type Clock, every, type Moment, momentOf } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Part } from '../../shared/tasks.ts';
import { KeySet } from './key-set.ts';
import type { KeySource } from './key-source/key-source.ts';

export interface KeyPollNeeds {
  readonly source: KeySource;
  readonly intervalSeconds: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export class KeyPoll implements Part {
  readonly name = 'keys';
  readonly #needs: KeyPollNeeds;
  #current: KeySet | undefined;
  #lastSuccess: Moment | undefined;
  #polling: Promise<void> = Promise.resolve();

  constructor(needs: KeyPollNeeds) {
    this.#needs = needs;
  }

  /** Undefined before the first success. */
  get current(): KeySet | undefined {
    return this.#current;
  }

  get lastSuccess(): Moment | undefined {
    return this.#lastSuccess;
  }

  /** Returns at once: that the source does not answer yet is no reason not to listen. */
  async start(signal: AbortSignal): Promise<void> {
    const ms = (): number => this.#needs.intervalSeconds * 1_000;
    this.#polling = every({ clock: this.#needs.clock, ms, signal }, () => this.#poll(signal));
  }

  async stop(): Promise<void> {
    await this.#polling;
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { source, clock, log } = this.#needs;
    try {
      const authorities = await source.fetch(signal);
      this.#lastSuccess = momentOf(clock);
      if (this.#current?.isOf(authorities) !== true) this.#take(new KeySet(authorities, clock.now()));
    } catch (error) {
      if (!signal.aborted) log.warn(source.failure, { error: messageOf(error) });
    }
  }

  #take(keys: KeySet): void {
    const { clock, log } = this.#needs;
    for (const { keyId, why } of keys.unusable) log.warn('key not published', { kid: keyId, why });
    this.#current = keys;
    log.info('keys published', { count: keys.aliveAt(clock.now()).keys.length });
  }
}

/**
 * Hears from the server that something changed, so that the agent need not poll. A server that does not know
 * the stream is polled for as long as the connection lasts. Run by start/engine.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { Position } from './position.ts';
import { Trigger } from './trigger.ts';

export interface Hint {
  /** The change at which this agent's entries last changed. */
  readonly position: Position;
  readonly bundleSequence: number;
}

/** Implemented by server-link/watch-client. */
export interface HintSource {
  /**
   * The state at once, then each change. Ends or throws when the stream or its connection does; Unimplemented from a
   * server that does not push.
   */
  watch(signal: AbortSignal): AsyncIterable<Hint>;
}

export interface WatchParts {
  readonly source: HintSource;
  readonly onHint: (hint: Hint) => void;
  /** Called whenever the server begins or ceases to push. */
  readonly onPushing: (isPushing: boolean) => void;
  readonly onFailed: (error: unknown) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Wide jitter: after a server's restart thousands of agents come back at once. */
const BACKOFF = { initialMs: 1_000, maxMs: 30_000, factor: 2, jitter: 0.5 };
const NEVER_MS = 2 ** 31 - 1;

export class ChangeWatch {
  readonly #parts: WatchParts;
  readonly #retry = new Trigger();
  #isPushing = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Another server may be at the other end now: asks anew, also one that did not push. */
  reconnected(): void {
    this.#retry.poke();
  }

  /** Until aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { random, clock } = this.#parts;
    const backoff = new Backoff(random, BACKOFF);
    while (!signal.aborted) {
      const doesPush = await this.#follow(signal, () => backoff.reset());
      this.#setPushing(false);
      await this.#retry.wait(clock, doesPush ? backoff.next() : NEVER_MS, signal).catch(() => {});
    }
  }

  /** Resolves when the stream is over: whether to try it again on this connection. */
  async #follow(signal: AbortSignal, onMessage: () => void): Promise<boolean> {
    const { source, onHint, onFailed, log } = this.#parts;
    try {
      for await (const hint of source.watch(signal)) {
        onMessage();
        this.#setPushing(true);
        onHint(hint);
      }
    } catch (error) {
      if (signal.aborted) return true;
      if (error instanceof CodedError && error.code === Code.unimplemented) {
        log.info('server does not push changes, polling it');
        return false;
      }
      log.debug('change stream ended', { error: messageOf(error) });
      onFailed(error);
    }
    return true;
  }

  #setPushing(isPushing: boolean): void {
    if (isPushing === this.#isPushing) return;
    this.#isPushing = isPushing;
    this.#parts.onPushing(isPushing);
  }
}

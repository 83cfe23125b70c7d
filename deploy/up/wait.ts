/** Waits for something to become true, up to a minute. */
import type { Clock } from '../../shared/clock.ts';

export interface Waiting {
  readonly clock: Clock;
  /** Gives up at once when aborted: what was waited for cannot come any more. */
  readonly signal: AbortSignal;
  /** Named when the time is over. */
  readonly what: string | (() => string);
}

const POLL_MS = 50;
const LIMIT_MS = 60_000;

export async function waitFor(
  { clock, signal, what }: Waiting,
  isTrue: () => Promise<boolean>,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < LIMIT_MS; waitedMs += POLL_MS) {
    signal.throwIfAborted();
    if (await isTrue()) return;
    await clock.sleep(POLL_MS, signal);
  }
  throw new Error(`waited a minute for ${typeof what === 'string' ? what : what()}`);
}

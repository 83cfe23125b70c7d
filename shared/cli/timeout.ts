/** What `-timeout` says: how long a command waits for an answer. */
import { parseDurationSeconds } from '../config/duration.ts';
import { messageOf } from '../errors.ts';
import { type Flags, UsageError } from './flag.ts';

const MAX_MS = 24 * 60 * 60 * 1_000;

/** Milliseconds; throws UsageError unless it is a duration above 0 and at most a day. */
export function timeoutMsOf(flags: Flags): number {
  const text = flags.text('timeout');
  const ms = milliseconds(text);
  if (ms <= 0 || ms > MAX_MS) throw new UsageError(`-timeout must be above 0 and at most 24h, not "${text}"`);
  return ms;
}

function milliseconds(text: string): number {
  try {
    return Math.ceil(parseDurationSeconds(text) * 1_000);
  } catch (error) {
    throw new UsageError(`-timeout "${text}": ${messageOf(error)}`);
  }
}

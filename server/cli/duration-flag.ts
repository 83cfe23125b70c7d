/** Flags that hold a duration as Go writes them. Used by commands that take one. */
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { parseDurationSeconds } from '../../shared/config/duration.ts';
import { messageOf } from '../../shared/errors.ts';

/** Seconds, 0 when it was not given and has no default; throws UsageError on anything that is no duration from 0 on. */
export function durationOf(flags: Flags, name: string): number {
  const text = flags.text(name);
  const seconds = text === '' ? 0 : secondsIn(name, text);
  if (seconds < 0) throw new UsageError(`-${name} must not be negative, as "${text}" is`);
  return seconds;
}

function secondsIn(name: string, text: string): number {
  try {
    return parseDurationSeconds(text);
  } catch (error) {
    throw new UsageError(`-${name} "${text}": ${messageOf(error)}`);
  }
}

/** Durations as Go writes them: "1h30m", "10s", "500ms". Called by the field readers. */
import { invalidArgument } from '../errors.ts';

const SECONDS_PER: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3_600,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
const TEXT_MAX_LENGTH = 64;
/** Go keeps nanoseconds in 63 bits. */
const MAX_SECONDS = 9_223_372_036;

/** Seconds, with a fraction where there is one; throws InvalidArgument on anything that is no duration. */
export function parseDurationSeconds(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const parts = text.replace(/^[+-]/, '');
  if (parts === '0') return 0;
  const seconds = parts.length <= TEXT_MAX_LENGTH ? sumOfParts(parts) : undefined;
  if (seconds === undefined) throw invalidArgument('not a duration such as "1h30m", "10s" or "500ms"');
  if (seconds > MAX_SECONDS) throw invalidArgument('the duration is too long');
  return sign * seconds;
}

function sumOfParts(text: string): number | undefined {
  if (text === '') return undefined;
  let seconds = 0;
  for (let at = 0; at < text.length; ) {
    PART.lastIndex = at;
    const part = PART.exec(text);
    if (part === null) return undefined;
    seconds += Number(part[1]) * (SECONDS_PER[part[2] ?? ''] ?? Number.NaN);
    at += part[0].length;
  }
  return Math.round(seconds * 1e9) / 1e9;
}

/** The shortest such text: 5400 is "1h30m", 0.25 is "250ms". */
export function formatDuration(seconds: number): string {
  if (seconds < 0) return `-${formatDuration(-seconds)}`;
  if (seconds === 0) return '0s';
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3_600);
  const minutes = Math.floor((whole % 3_600) / 60);
  const rest = Math.round((seconds - hours * 3_600 - minutes * 60) * 1e9) / 1e9;
  const small = seconds < 1 ? `${Math.round(seconds * 1e6) / 1e3}ms` : `${rest}s`;
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${rest > 0 ? small : ''}`;
}

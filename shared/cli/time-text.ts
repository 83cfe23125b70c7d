/** Times and durations as Go prints them, in UTC. */
import { fromUnixSeconds } from '../clock.ts';

const LAST_SECOND = 8_640_000_000_000; // of what a Date can hold

/** `2026-01-31 12:00:00 +0000 UTC`; Unix seconds that no calendar holds are shown as they are. */
export function timeText(time: Date | string): string {
  if (typeof time === 'string') {
    const seconds = Number(time);
    return Math.abs(seconds) <= LAST_SECOND ? timeText(fromUnixSeconds(seconds)) : `${time} (Unix seconds)`;
  }
  return `${time
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '')} +0000 UTC`;
}

/** `850.125ms`, `1.5s`, `2m0.25s`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Number(ms.toFixed(3))}ms`;
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor((ms % 3_600_000) / 60_000)];
  const seconds = Number(((ms % 60_000) / 1_000).toFixed(3));
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

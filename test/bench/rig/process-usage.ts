/** What /proc says of a process: CPU time and memory. Used by benches. */
import { readFileSync } from 'node:fs';

const TICK_MS = 10; // proc(5): USER_HZ is 100 on every Linux that Node supports

/** User and system time, of its threads too (proc(5), fields 14 and 15). */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** In millions of bytes. */
export const rssMbOf = (pid: number): number => statusMbOf(pid, 'VmRSS');

/** The most that it has had so far. */
export const peakRssMbOf = (pid: number): number => statusMbOf(pid, 'VmHWM');

function statusMbOf(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
  if (kilobytes === undefined) throw new Error(`/proc says no ${field} of ${pid}`);
  return (Number(kilobytes) * 1_024) / 1_000_000;
}

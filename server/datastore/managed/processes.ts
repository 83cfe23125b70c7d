/** What /proc says about processes: whether a pid of a file is still what it was. Called by owner.ts and postmaster.ts. */
import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';

/** When the process began, in clock ticks since boot: with it a pid names one process for good. Undefined: none such. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name in parentheses may hold anything; the state is field 3, the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Postgres processes, postmaster and workers alike, stand in their data directory. */
export function worksIn(pid: number, dataDirectory: string): boolean {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return name === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDirectory);
  } catch {
    return false;
  }
}

export const processesIn = (dataDirectory: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => worksIn(pid, dataDirectory));

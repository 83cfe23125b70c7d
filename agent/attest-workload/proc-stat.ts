/** Reads `/proc/<pid>/stat` (proc_pid_stat(5)). Called by held-process. */
import { unavailable } from '../../shared/errors.ts';

export interface ProcStat {
  /** One letter; Z and X are processes that have ended. */
  readonly state: string;
  /** Clock ticks since boot, decimal: with the pid it names one process for as long as the machine runs. */
  readonly startTicks: string;
}

// Fields are numbered from 1; the first two, pid and the name in brackets, are cut off.
const STATE = 3 - 3;
const START_TICKS = 22 - 3;

/** Throws Unavailable on anything that is not such a line. */
export function parseProcStat(text: string): ProcStat {
  // The name is the process's own choice and may hold brackets, spaces and line ends: count from the last bracket.
  const fields = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const state = fields[STATE];
  const startTicks = fields[START_TICKS];
  if (!text.includes(')') || state === undefined || !/^[A-Za-z]$/.test(state)) {
    throw unavailable('/proc stat has no state');
  }
  if (startTicks === undefined || !/^\d{1,20}$/.test(startTicks)) {
    throw unavailable('/proc stat has no start time');
  }
  return { state, startTicks };
}

export const hasEnded = ({ state }: ProcStat): boolean => /^[ZXx]$/.test(state);

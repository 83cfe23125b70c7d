/** Reads `/proc/<pid>/status` (proc_pid_status(5)). Called by held-process and unix. */
import { unavailable } from '../../shared/errors.ts';

export interface ProcStatus {
  /** Effective ids. */
  readonly uid: number;
  readonly gid: number;
  readonly supplementaryGids: readonly number[];
}

/** Room for the kernel's most supplementary groups (NGROUPS_MAX, 65,536) of ten digits each, and the rest. */
export const STATUS_MAX_BYTES = 1024 * 1024;
const EFFECTIVE = 1; // of: real, effective, saved set, file system
const ID_MAX = 0xffff_ffff;

/** Throws Unavailable when a field is missing or not a number. */
export function parseProcStatus(text: string): ProcStatus {
  return {
    uid: effective(text, 'Uid'),
    gid: effective(text, 'Gid'),
    supplementaryGids: numbers(text, 'Groups'),
  };
}

function effective(text: string, field: string): number {
  const ids = numbers(text, field);
  const id = ids[EFFECTIVE];
  if (ids.length !== 4 || id === undefined) throw unavailable(`/proc status has no ${field} of four numbers`);
  return id;
}

function numbers(text: string, field: string): readonly number[] {
  // The kernel escapes line ends in the name, so a line that begins with the field is the field.
  const line = new RegExp(`^${field}:(.*)$`, 'm').exec(text)?.[1];
  if (line === undefined) throw unavailable(`/proc status has no ${field}`);
  return line
    .split(/[\t ]/)
    .filter((word) => word !== '')
    .map((word) => parseId(word, field));
}

function parseId(word: string, field: string): number {
  const id = /^\d{1,10}$/.test(word) ? Number(word) : Number.NaN;
  if (!(id <= ID_MAX)) throw unavailable(`/proc status has a ${field} that is not an id`);
  return id;
}

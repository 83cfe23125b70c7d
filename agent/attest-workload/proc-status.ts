/** Reads `/proc/<pid>/status` (proc_pid_status(5)). Called by unix. */
import { unavailable } from '../../shared/errors.ts';

export interface ProcStatus {
  /** Effective ids. */
  readonly uid: number;
  readonly gid: number;
  readonly supplementaryGids: readonly number[];
}

/** Room for 5,800 groups of ten digits: more than attest lets through. The kernel allows 65,536, and reading them takes 30 ms. */
export const STATUS_MAX_BYTES = 64 * 1024;
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
  const line = lineOf(text, field);
  if (line === undefined) throw unavailable(`/proc status has no ${field}`);
  return line
    .split(/[\t ]/)
    .filter((word) => word !== '')
    .map((word) => parseId(word, field));
}

/**
 * The kernel escapes line feeds in the name, but not carriage returns, which JavaScript's `^` takes for line ends too:
 * a process could name itself into a group. So lines end at line feeds alone.
 */
function lineOf(text: string, field: string): string | undefined {
  const start = `\n${field}:`;
  const at = text.indexOf(start);
  return at < 0 ? undefined : text.slice(at + start.length).split('\n', 1)[0];
}

function parseId(word: string, field: string): number {
  const id = /^\d{1,10}$/.test(word) ? Number(word) : Number.NaN;
  if (!(id <= ID_MAX)) throw unavailable(`/proc status has a ${field} that is not an id`);
  return id;
}

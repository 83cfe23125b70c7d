/** The ids that say nothing: what the kernel shows for everybody whom the agent's user namespace does not know. Used by peers and unix. */
import { readFileSync } from 'node:fs';

export interface UnknownIds {
  /** Undefined where every user is known, as outside of containers. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

const EVERY_ID = 0xffff_ffff; // the last of them, -1, is none (user_namespaces(7))

/** `readText` reads a file below /proc; throws when that cannot be done. */
export const unknownIds = (
  readText = (path: string): string => readFileSync(`/proc/${path}`, 'latin1'),
): UnknownIds => ({
  uid: isWhole(readText('self/uid_map')) ? undefined : Number(readText('sys/kernel/overflowuid')),
  gid: isWhole(readText('self/gid_map')) ? undefined : Number(readText('sys/kernel/overflowgid')),
});

/** Lines of: first id inside, first id outside, how many. */
const isWhole = (map: string): boolean =>
  map
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2] ?? 0), 0) >= EVERY_ID;

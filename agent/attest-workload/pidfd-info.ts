/** Reads `/proc/self/fdinfo/<pidfd>`: which process a pidfd stands for (pidfd_open(2)). Called by peers. */
import { unavailable } from '../../shared/errors.ts';

/** The pid, in the pid namespace of this /proc: 0 = not visible from here, -1 = ended. Throws Unavailable without one. */
export function parsePidfdInfo(text: string): number {
  const pid = /^Pid:[\t ]*(-1|\d{1,10})$/m.exec(text)?.[1];
  if (pid === undefined) throw unavailable('the descriptor that the kernel gave is not a pidfd');
  return Number(pid);
}

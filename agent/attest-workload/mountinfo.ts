/** Reads `/proc/<pid>/mountinfo` (proc_pid_mountinfo(5)). Called by container-id. */

const ROOT_FIELD = 3;
const ESCAPE = /\\([0-7]{3})/g; // of blanks and backslashes

/** The directories of a cgroup file system that are mounted somewhere, each once. */
export function cgroupMountRoots(text: string): readonly string[] {
  const roots = text.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ', 2);
    const type = after?.split(' ', 1)[0];
    const root = before.split(' ')[ROOT_FIELD];
    return root !== undefined && (type === 'cgroup' || type === 'cgroup2') ? [unescaped(root)] : [];
  });
  return [...new Set(roots)];
}

const unescaped = (text: string): string =>
  text.replace(ESCAPE, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Real cgroups at the paths that a kubelet gives them, with processes in them. For root. Used by the tests of containers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const HIERARCHIES = ['pids', 'systemd', 'unified', '.'].map((name) => join('/sys/fs/cgroup', name));
let made = 0;

/** A hierarchy in which cgroups can be made; undefined where none is, as in most containers and for all but root. */
export function writableHierarchy(): string | undefined {
  return HIERARCHIES.find((directory) => {
    const probe = join(directory, `writ-probe-${process.pid}`);
    if (!existsSync(join(directory, 'cgroup.procs'))) return false;
    try {
      mkdirSync(probe);
      rmdirSync(probe);
      return true;
    } catch {
      return false;
    }
  });
}

export class Cgroups {
  readonly #top: string;
  readonly #directories: string[] = [];
  readonly #ends: (() => Promise<void>)[] = [];

  constructor(hierarchy: string) {
    this.#top = join(hierarchy, `writ-test-${process.pid}-${(made += 1)}`);
  }

  /** A process that sleeps in this cgroup, below a directory of the test's own. */
  async sleeping(path: string): Promise<{ readonly pid: number; readonly end: () => Promise<void> }> {
    const directory = join(this.#top, path);
    this.#make(directory);
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const end = async (): Promise<void> => {
      child.kill('SIGKILL');
      await exited;
    };
    this.#ends.push(end);
    writeFileSync(join(directory, 'cgroup.procs'), String(pid));
    return { pid, end };
  }

  #make(directory: string): void {
    if (existsSync(directory)) return;
    this.#make(dirname(directory));
    mkdirSync(directory);
    this.#directories.push(directory);
  }

  async close(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end()));
    for (const directory of this.#directories.reverse()) rmdirSync(directory);
  }
}

/** Runs a program as a process of its own. Used by the tests of the launcher. */
import { execFile } from 'node:child_process';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Run {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** With nothing in the environment but what is given. */
export function run(file: string, args: readonly string[], { env = {}, cwd = '/' }: Run = {}): Promise<Ran> {
  const options = { env: { PATH: '/usr/bin:/bin', ...env }, cwd };
  return new Promise((resolve) => {
    execFile(file, [...args], options, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
  });
}

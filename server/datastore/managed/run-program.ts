/** Runs one of Postgres' programs to its end. Called by binaries.ts and data-directory.ts. */
import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
  readonly libraryPath?: string | undefined;
}

export interface RunResult {
  /** 127: the program could not be started, or a library of it could not be found. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_MAX_BYTES = 65_536;
const NOT_STARTED = 127;

/** Messages in English, a fixed zone, nothing of our own environment. */
export const programEnvironment = (libraryPath: string | undefined): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  ...(libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }),
});

/** Never rejects: a program that cannot be started has code 127 and says why in `stderr`. */
export function runProgram(
  path: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { libraryPath, ...spawnOptions } = options;
  return new Promise((resolve) => {
    const output = { stdout: '', stderr: '' };
    const child = spawn(path, args, {
      ...spawnOptions,
      env: programEnvironment(libraryPath),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        if (output[name].length < OUTPUT_MAX_BYTES) output[name] += chunk.toString();
      });
    }
    child.once('error', (error) => resolve({ code: NOT_STARTED, stdout: '', stderr: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, ...output }));
  });
}

/** Foreign programs that suites need: found, or installed by the system's package manager. Never skipped. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Wanted {
  readonly command: string;
  /** Debian's package that has it. */
  readonly debianPackage: string;
}

const USUAL_FOLDERS = [
  '/usr/local/bin',
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/go/bin',
  join(homedir(), '.cargo/bin'),
];

/** The command's path. Throws, with what to do, when it is missing and cannot be installed. */
export function provide({ command, debianPackage }: Wanted): string {
  const found = find(command);
  if (found !== undefined) return found;
  installPackage(debianPackage);
  const installed = find(command);
  if (installed === undefined) throw new Error(`package ${debianPackage} brought no ${command}`);
  return installed;
}

function installPackage(name: string): void {
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', name]]) apt(args);
}

/** The path of a library that is no command. Throws, with what to do, when it is missing and cannot be installed. */
export function provideLibrary({
  glob,
  debianPackage,
}: {
  readonly glob: string;
  readonly debianPackage: string;
}): string {
  const [found] = globSync(glob);
  if (found !== undefined) return found;
  installPackage(debianPackage);
  const [installed] = globSync(glob);
  if (installed === undefined) throw new Error(`package ${debianPackage} brought no ${glob}`);
  return installed;
}

/**
 * Python with what the file of requirements names, by hash, in an environment of its own: made once and kept in the
 * user's cache. The interpreter's path. Throws, with what to do, when it cannot be had.
 */
export function providePython(requirementsPath: string): string {
  const python = provide({ command: 'python3', debianPackage: 'python3' });
  const { stdout: version } = run(python, ['-VV']);
  const contents = [python, version, readFileSync(requirementsPath)];
  const kept = keptFolder('python', contents, (directory) =>
    makeEnvironment(python, directory, requirementsPath),
  );
  return join(kept, 'bin', 'python');
}

/**
 * A folder in the user's cache, named after all that decides what is in it: made when it is not there yet. Throws what
 * `make` throws.
 */
export function keptFolder(
  name: string,
  contents: readonly (string | Uint8Array)[],
  make: (directory: string) => void,
): string {
  const key = createHash('sha256');
  for (const part of contents) key.update(part);
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'writ-interop');
  const kept = join(cache, `${name}-${key.digest('hex').slice(0, 16)}`);
  if (existsSync(kept)) return kept;
  mkdirSync(cache, { recursive: true });
  const made = `${kept}.${process.pid}`;
  try {
    make(made);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw error;
  }
  keep(made, kept);
  return kept;
}

function makeEnvironment(python: string, directory: string, requirementsPath: string): void {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  const pinned = ['--require-hashes', '--only-binary', ':all:', '--requirement', requirementsPath];
  if (spawnSync(python, ['-c', 'import ensurepip']).status !== 0) {
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'python3-venv']]) apt(args);
  }
  run(python, ['-m', 'venv', directory]);
  run(join(directory, 'bin', 'python'), [...pip, ...pinned]);
}

/** Another run may have been faster: then it is its that stays. */
function keep(made: string, kept: string): void {
  try {
    renameSync(made, kept);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(kept)) throw error;
  }
}

function run(command: string, args: readonly string[]): { readonly stdout: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return { stdout };
  throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed: ${error?.message ?? stderr.trim()}`);
}

function find(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...USUAL_FOLDERS];
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
}

function apt(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr, error } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(
      `apt-get ${args.join(' ')} failed: install it by hand (${error?.message ?? stderr.trim()})`,
    );
}

/** Foreign programs that suites need: found, or installed by the system's package manager. Never skipped. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Wanted {
  readonly command: string;
  /** Debian's package that has it. */
  readonly debianPackage: string;
}

const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/usr/local/go/bin'];

/** The command's path. Throws, with what to do, when it is missing and cannot be installed. */
export function provide({ command, debianPackage }: Wanted): string {
  const found = find(command);
  if (found !== undefined) return found;
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', debianPackage]]) apt(args);
  const installed = find(command);
  if (installed === undefined) throw new Error(`package ${debianPackage} brought no ${command}`);
  return installed;
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

/** Builds Go programs of the suites. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { provide } from '../install.ts';
import type { System } from '../system.ts';

/** Path of the program: of this folder, or of another. Throws with what the compiler said. */
export function buildPeer(system: System, folder = import.meta.dirname): string {
  const go = provide({ command: 'go', debianPackage: 'golang-go' });
  const path = join(system.files.directory, 'peer');
  const { status, stderr } = spawnSync(go, ['build', '-o', path, '.'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  if (status !== 0) throw new Error(`go build failed: ${stderr}`);
  return path;
}

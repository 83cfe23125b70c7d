/** Compiles the Rust workload; what it is made of is compiled once and kept in the user's cache. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder, provide } from '../install.ts';
import type { SdkProgram } from '../sdk/claims.ts';
import type { System } from '../system.ts';

/** Throws with what the compiler said. */
export function buildPeer(system: System): SdkProgram {
  const cargo = provide({ command: 'cargo', debianPackage: 'cargo' });
  const { stdout: version } = spawnSync(cargo, ['--version'], { encoding: 'utf8' });
  const lock = readFileSync(join(import.meta.dirname, 'Cargo.lock'));
  const target = keptFolder('rust', [version, lock], (made) => mkdirSync(made));
  const args = ['build', '--locked', '--quiet', '--target-dir', target];
  const { status, stderr, error } = spawnSync(cargo, args, { cwd: import.meta.dirname, encoding: 'utf8' });
  if (status !== 0) throw new Error(`cargo build failed: ${error?.message ?? stderr}`);
  const path = join(system.files.directory, 'rust-peer'); // another run may be building, too
  copyFileSync(join(target, 'debug', 'peer'), path);
  return { command: path, args: [], path };
}

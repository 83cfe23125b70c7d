/**
 * SPIRE's own programs, built from the module beside this file: once, then they are in the user's cache. Run as a program
 * it only does that, which takes minutes: .ci/run calls it before the suites.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder, provide } from '../install.ts';

export interface SpirePrograms {
  readonly agent: string;
  readonly server: string;
  readonly oidc: string;
}

const HERE = import.meta.dirname;
const COMMANDS = ['cmd/spire-agent', 'cmd/spire-server', 'support/oidc-discovery-provider'].map(
  (name) => `github.com/spiffe/spire/${name}`,
);

/** Paths of the programs. Throws with what the compiler said. */
export function provideSpire(): SpirePrograms {
  const go = provide({ command: 'go', debianPackage: 'golang-go' });
  const version = spawnSync(go, ['version'], { encoding: 'utf8' }).stdout;
  const modules = ['go.mod', 'go.sum'].map((name) => readFileSync(join(HERE, name)));
  const folder = keptFolder('spire', [version, ...modules], (directory) => build(go, directory));
  return {
    agent: join(folder, 'spire-agent'),
    server: join(folder, 'spire-server'),
    oidc: join(folder, 'oidc-discovery-provider'),
  };
}

/** At the lowest priority: it is the largest compile of all suites. */
function build(go: string, directory: string): void {
  const args = ['-n', '19', go, 'build', '-o', `${directory}/`, ...COMMANDS];
  const env = { ...process.env, CGO_ENABLED: '0' }; // without SQLite: its datastore is Postgres here
  const { status, stderr } = spawnSync('nice', args, { cwd: HERE, encoding: 'utf8', env });
  if (status !== 0) throw new Error(`go build failed: ${stderr}`);
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(provideSpire())}\n`);

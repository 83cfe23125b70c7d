/** Builds the Go program of this folder, and asks it for verdicts. */
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { provide } from '../install.ts';
import type { Case } from './build.ts';

export interface GoAnswer {
  /** Empty where the chain is accepted, else what crypto/x509 has against it. */
  readonly refusal: string;
  /** Some of those that were found, leaf first, in base64. */
  readonly paths: readonly (readonly string[])[] | null;
}

export interface GoVerdict {
  readonly forPurposes: GoAnswer;
  readonly forAnyPurpose: GoAnswer;
}

const OUTPUT_MAX_BYTES = 256 * 1024 * 1024;

/** Path of the program. Throws with what the compiler said. */
export function buildVerifier(directory: string): string {
  const go = provide({ command: 'go', debianPackage: 'golang-go' });
  const path = join(directory, 'verifier');
  const { status, stderr } = spawnSync(go, ['build', '-o', path, '.'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' },
  });
  if (status !== 0) throw new Error(`go build failed: ${stderr}`);
  return path;
}

const base64 = (der: Uint8Array): string => Buffer.from(der).toString('base64');

/** In the order of the cases. Rejects when the program fails. */
export async function askGo(program: string, cases: readonly Case[]): Promise<readonly GoVerdict[]> {
  const lines = cases.map(({ chain, roots, at, purposes }) =>
    JSON.stringify({ chain: chain.map(base64), roots: roots.map(base64), at, purposes }),
  );
  const output = await answer(program, lines.join('\n'));
  const verdicts = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as GoVerdict);
  if (verdicts.length !== cases.length)
    throw new Error(`${verdicts.length} verdicts for ${cases.length} cases`);
  return verdicts;
}

function answer(program: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, { maxBuffer: OUTPUT_MAX_BYTES }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`the Go program failed: ${stderr}`, { cause: error }));
    });
    child.stdin?.end(input);
  });
}

/**
 * Runs tests: `node test/run.ts KIND [NAME...]`, called by the scripts of package.json. Names choose among the interop
 * suites, and among the files of any other kind those whose path contains one of them.
 */
import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suites } from './interop/suites.ts';
import { runFiles, type RunPlan } from './runner/run-files.ts';
import { seed } from './seed.ts';

const ROOT = dirname(import.meta.dirname);
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const APART = ['interop', 'slow', 'soak', 'k8s', 'bench']; // not unit tests

interface Kind extends Omit<RunPlan, 'files'> {
  readonly files: (names: readonly string[]) => readonly string[];
}

const inFolder = (folder: string) => (names: readonly string[]) =>
  named(globSync(`test/${folder}/**/*.test.ts`, { cwd: ROOT }), names);

const kinds: Readonly<Record<string, Kind>> = {
  unit: {
    files: (names) => named(unitFiles(), names),
    isIsolated: false,
    testTimeoutMs: 30 * SECOND_MS,
    limitMs: 5 * MINUTE_MS,
  },
  interop: { files: interopFiles, isIsolated: true, testTimeoutMs: 8 * MINUTE_MS, limitMs: 34 * MINUTE_MS },
  slow: {
    files: inFolder('slow'),
    isIsolated: true,
    testTimeoutMs: 8 * MINUTE_MS,
    limitMs: 19 * MINUTE_MS,
  },
  soak: {
    files: inFolder('soak'),
    isIsolated: true,
    testTimeoutMs: 240 * MINUTE_MS,
    limitMs: 600 * MINUTE_MS,
  },
  k8s: {
    files: inFolder('k8s'),
    isIsolated: true,
    testTimeoutMs: 10 * MINUTE_MS,
    limitMs: 60 * MINUTE_MS,
  },
};

function unitFiles(): readonly string[] {
  return globSync('test/**/*.test.ts', { cwd: ROOT }).filter(
    (file) => !APART.some((folder) => file.startsWith(`test/${folder}/`)),
  );
}

function named(files: readonly string[], names: readonly string[]): readonly string[] {
  return files.filter((file) => names.length === 0 || names.some((name) => file.includes(name))).sort();
}

/** Throws on a name that no suite has. */
function interopFiles(names: readonly string[]): readonly string[] {
  const known = Object.keys(suites);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`no interop suite "${unknown}"; there are ${known.join(', ')}`);
  return known
    .filter((name) => names.length === 0 || names.includes(name))
    .flatMap((name) => globSync(`test/interop/${name}/**/*.test.ts`, { cwd: ROOT }).sort());
}

/** Resolves with the exit code. */
async function main([name = 'unit', ...names]: readonly string[]): Promise<number> {
  const kind = kinds[name];
  if (kind === undefined)
    throw new Error(`no kind of test "${name}"; there are ${Object.keys(kinds).join(', ')}`);
  const files = kind.files(names);
  if (files.length === 0)
    throw new Error(`there is no ${name} test${names.length > 0 ? ` named ${names.join(', ')}` : ' yet'}`);
  process.chdir(ROOT);
  print(`${name}: ${files.length} files, seed ${seed}\n`);
  const outcome = await runFiles({ ...kind, files: files.map((file) => join(ROOT, file)) }, print);
  if (outcome.tests === 0) print('✖ no test ran\n');
  const isGood = outcome.isSuccess && outcome.tests > 0;
  if (!isGood)
    print(
      `To repeat: WRIT_SEED=${seed} ./writ node ${relative(ROOT, import.meta.filename)} ${[name, ...names].join(' ')}\n`,
    );
  return isGood ? 0 : 1;
}

const print = (text: string): void => void process.stdout.write(text);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`✖ ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

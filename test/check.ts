/** `npm run check`: types, lint, format, generated files, architecture. Every step runs; the exit code says if one failed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monotonicMs } from '../shared/clock.ts';

const ROOT = dirname(import.meta.dirname);
const BIN = join(ROOT, 'node_modules', '.bin');

interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

interface Step {
  readonly name: string;
  /** Run in order, until one fails. */
  readonly commands: readonly Command[];
  /** What to do when it fails. */
  readonly remedy: string;
}

const bin = (name: string, ...args: readonly string[]): Command => ({ program: join(BIN, name), args });
const node = (...args: readonly string[]): Command => ({
  program: process.execPath,
  args: ['--disable-warning=ExperimentalWarning', ...args],
});

const steps = (temporary: string): readonly Step[] => [
  { name: 'types', commands: [bin('tsc', '-p', '.')], remedy: 'mend the types' },
  {
    name: 'lint',
    commands: [bin('oxlint', '--type-aware', '--deny-warnings', '--format=unix', '.')],
    remedy: 'mend the code; the rules are in .oxlintrc.json',
  },
  { name: 'format', commands: [bin('biome', 'format', '--colors=off', '.')], remedy: 'run npm run format' },
  {
    name: 'generated protocol files',
    commands: [
      node('proto/generate.ts', temporary),
      { program: 'diff', args: ['-r', '-q', 'proto/gen', temporary] },
    ],
    remedy: 'run npm run gen',
  },
  {
    name: 'generated pages',
    commands: [node('deploy/config/generate-reference.ts', '--check')],
    remedy: 'run ./writ node deploy/config/generate-reference.ts',
  },
  {
    name: 'architecture',
    commands: [node('test/run.ts', 'unit', 'test/architecture.test.ts')],
    remedy: 'see test/architecture/',
  },
];

/** Whether it went well; prints what the commands said when it did not. */
function runStep({ name, commands, remedy }: Step): boolean {
  const startedMs = monotonicMs();
  for (const { program, args } of commands) {
    const env = { ...process.env, NO_COLOR: '1' };
    const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: ROOT, env, encoding: 'utf8' });
    if (status === 0) continue;
    const said = error === undefined ? `${stdout}${stderr}` : `${program}: ${error.message}\n`;
    print(`✖ ${name} (${seconds(startedMs)})\n${said.replace(/^(?=.)/gm, '  ')}  -> ${remedy}\n`);
    return false;
  }
  print(`✔ ${name} (${seconds(startedMs)})\n`);
  return true;
}

const seconds = (sinceMs: number): string => `${((monotonicMs() - sinceMs) / 1_000).toFixed(1)} s`;
const print = (text: string): void => void process.stdout.write(text);

const temporary = mkdtempSync(join(tmpdir(), 'writ-check-'));
try {
  const failed = steps(temporary)
    .filter((step) => !runStep(step))
    .map(({ name }) => name);
  print(failed.length === 0 ? 'all checks passed\n' : `failed: ${failed.join(', ')}\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

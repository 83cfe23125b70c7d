/** One line, with what to do, from what a program of Postgres printed. Called by data-directory.ts and postmaster.ts. */
import { Code, CodedError } from '../../../shared/errors.ts';

interface KnownFailure {
  readonly pattern: RegExp;
  readonly say: (found: string) => string;
}

const KNOWN: readonly KnownFailure[] = [
  {
    pattern: /error while loading shared libraries: (\S+):/,
    say: (library) => `system library ${library} is missing: install it, or run "apt-get install postgresql"`,
  },
  { pattern: /(No space left on device)/, say: () => 'disk is full: make room in the database directory' },
  {
    pattern: /(Disk quota exceeded)/,
    say: () => 'disk quota is used up: make room in the database directory',
  },
  {
    pattern: /could not look up effective user ID (\d+)/,
    say: (uid) => `uid ${uid} is no user of this machine: add it to /etc/passwd`,
  },
  {
    pattern: /(invalid locale|locale .* not found|could not .* locale)/i,
    say: () => 'locale "C" is missing: run "apt-get install locales"',
  },
  {
    pattern:
      /(could not create shared memory segment|could not map anonymous shared memory|could not resize shared memory)/,
    say: () => 'not enough shared memory: give the machine or the container more',
  },
  {
    pattern: /database files are incompatible with server: *(.*)/,
    say: () => 'data was written by another version of Postgres',
  },
  { pattern: /(Permission denied)/, say: () => 'permission denied in the database directory' },
];

/** FailedPrecondition; the first telling line where none of the known causes fits. */
export function explainFailure(deed: string, output: string): CodedError {
  for (const { pattern, say } of KNOWN) {
    const found = pattern.exec(output);
    if (found !== null) return new CodedError(Code.failedPrecondition, `${deed}: ${say(found[1] ?? '')}`);
  }
  return new CodedError(Code.failedPrecondition, `${deed}: ${tellingLine(output)}`);
}

function tellingLine(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling =
    lines.filter((line) => /FATAL|PANIC|error:|ERROR/.test(line)).at(-1) ?? lines.at(-1) ?? 'no reason given';
  return telling.replace(/^.*?(FATAL|PANIC|ERROR|error): +/, '').slice(0, 300);
}

/** Finds the command and reads its flags, Go's way: `-f v`, `-f=v`, `--f v`, booleans without a value. */
import { nearest } from '../config/suggest.ts';
import type { Command } from './command.ts';
import { type Flag, Flags, kebab, UsageError } from './flag.ts';

export interface Parsed {
  readonly command: Command;
  readonly flags: Flags;
}

/** The longest command whose words begin `words`; undefined when there is none. */
export function findCommand(commands: readonly Command[], words: readonly string[]): Command | undefined {
  return commands
    .filter((command) => command.words.every((word, at) => words[at] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
}

/** Throws UsageError on an unknown command or flag, a missing value, or a leftover argument. */
export function parseArguments(commands: readonly Command[], args: readonly string[]): Parsed {
  const command = findCommand(commands, args);
  if (command === undefined) throw unknownCommand(commands, args);
  return { command, flags: new Flags(command.flags, readFlags(command, args.slice(command.words.length))) };
}

function unknownCommand(commands: readonly Command[], args: readonly string[]): UsageError {
  const typed = args
    .filter((arg) => !arg.startsWith('-'))
    .slice(0, 2)
    .join(' ');
  if (typed === '') return new UsageError('a command is missing');
  const meant = nearest(
    typed,
    commands.map((command) => command.words.join(' ')),
  );
  return new UsageError(
    `"${typed}" is not a command${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
  );
}

function readFlags(command: Command, args: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (let at = 0; at < args.length; at += 1) {
    const { flag, given } = findFlag(command, args[at] ?? '');
    const value = given ?? (flag.kind === 'boolean' ? 'true' : args[++at]);
    if (value === undefined) throw new UsageError(`-${flag.name} needs a value`);
    values.set(flag.name, [...(values.get(flag.name) ?? []), checked(flag, value)]);
  }
  return values;
}

function findFlag(command: Command, arg: string): { flag: Flag; given: string | undefined } {
  const [, name, given] = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=(.*))?$/s.exec(arg) ?? [];
  if (name === undefined) throw new UsageError(`"${arg}" is not a flag of "${command.words.join(' ')}"`);
  const flag = command.flags.find((known) => known.name === name || kebab(known.name) === name);
  if (flag === undefined) throw unknownFlag(command, name);
  return { flag, given };
}

function unknownFlag(command: Command, name: string): UsageError {
  const meant = nearest(
    name,
    command.flags.flatMap((flag) => [flag.name, kebab(flag.name)]),
  );
  const hint = meant === undefined ? '' : `; did you mean -${meant}?`;
  return new UsageError(`"${command.words.join(' ')}" has no flag -${name}${hint}`);
}

const TRUTH: Readonly<Record<string, string>> = {
  true: 'true',
  '1': 'true',
  t: 'true',
  false: 'false',
  '0': 'false',
  f: 'false',
};

function checked(flag: Flag, value: string): string {
  if (flag.kind !== 'boolean') return value;
  const truth = TRUTH[value.toLowerCase()];
  if (truth === undefined) throw new UsageError(`-${flag.name} is true or false, not "${value}"`);
  return truth;
}

/** Reads a command line Go's way: `-f v`, `-f=v`, `--f v`, booleans without a value. Called by main. */
import { nearest } from '../config/suggest.ts';
import type { Command } from './command.ts';
import { type Flag, Flags, kebab, UsageError } from './flag.ts';

/** What a command line asks for. */
export type Asked =
  | { readonly kind: 'run'; readonly command: Command; readonly flags: Flags }
  | { readonly kind: 'help'; readonly words: readonly string[] }
  | { readonly kind: 'version' };

const HELP = ['-h', '-help', '--help'];
const WORDS_MAX = 3; // of any command
const VERSION = ['version', '-version', '--version', '-v'];

/** The longest command whose words begin `words`; undefined when there is none. */
export function findCommand(commands: readonly Command[], words: readonly string[]): Command | undefined {
  return commands
    .filter((command) => command.words.every((word, at) => words[at] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
}

/** Commands whose words begin with all of `words`, as `entry` begins `entry show`. */
export const commandsBelow = (commands: readonly Command[], words: readonly string[]): readonly Command[] =>
  commands.filter((command) => words.every((word, at) => command.words[at] === word));

/** Throws UsageError on an unknown command or flag, a missing value, or a leftover argument. */
export function parseArguments(commands: readonly Command[], args: readonly string[]): Asked {
  const words = leadingWords(args);
  if (words[0] === 'help') return { kind: 'help', words: words.slice(1) };
  const command = findCommand(commands, args);
  if ((command?.words ?? []).length === 0 && VERSION.includes(args[0] ?? '')) return { kind: 'version' };
  if (command === undefined) {
    if (HELP.includes(args[words.length] ?? '')) return { kind: 'help', words };
    throw unknownCommand(commands, words.slice(0, WORDS_MAX));
  }
  const given = args.slice(command.words.length);
  if (given[0] !== undefined && !given[0].startsWith('-') && command.words.length > 0)
    throw unknownCommand(commands, words.slice(0, command.words.length + 1));
  const values = readFlags(command, given);
  if (values === 'help') return { kind: 'help', words: command.words };
  return { kind: 'run', command, flags: new Flags(command.flags, values) };
}

function leadingWords(args: readonly string[]): readonly string[] {
  const end = args.findIndex((arg) => arg.startsWith('-'));
  return end === -1 ? args : args.slice(0, end);
}

const title = ({ words }: Pick<Command, 'words'>): string => words.join(' ');

/** Nothing begins with what was typed. */
export class NoSuchCommand extends UsageError {}

function unknownCommand(commands: readonly Command[], words: readonly string[]): UsageError {
  if (words.length === 0) return new NoSuchCommand('a command is missing');
  const below = commandsBelow(commands, words);
  if (below.length > 0)
    return new UsageError(`"${words.join(' ')}" is not whole: ${below.map(title).join(', ')}`);
  const meant = commands.find((command) => isNear(words, command.words));
  const Kind = commandsBelow(commands, words.slice(0, 1)).length > 0 ? UsageError : NoSuchCommand;
  return new Kind(
    `"${words.join(' ')}" is not a command${meant === undefined ? '' : `; did you mean "${title(meant)}"?`}`,
  );
}

const isNear = (typed: readonly string[], words: readonly string[]): boolean =>
  typed.length === words.length && words.every((word, at) => nearest(typed[at] ?? '', [word]) !== undefined);

/** An empty text is a flag that was not given, as with SPIRE. */
function readFlags(command: Command, args: readonly string[]): Map<string, string[]> | 'help' {
  const values = new Map<string, string[]>();
  for (let at = 0; at < args.length; at += 1) {
    if (HELP.includes(args[at] ?? '')) return 'help';
    const { flag, given } = findFlag(command, args[at] ?? '');
    const value = given ?? (flag.kind === 'boolean' ? 'true' : args[++at]);
    if (value === undefined) throw new UsageError(`-${flag.name} needs a value`);
    if (value === '' && flag.kind === 'text') continue;
    values.set(flag.name, [...(values.get(flag.name) ?? []), checked(flag, value)]);
  }
  return values;
}

function findFlag(command: Command, arg: string): { flag: Flag; given: string | undefined } {
  const [, name, given] = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=(.*))?$/s.exec(arg) ?? [];
  if (name === undefined) throw new UsageError(`"${arg}" is not a flag${of(command)}`);
  const flag = command.flags.find(
    (known) => known.name === name || kebab(known.name) === name || known.short === name,
  );
  if (flag === undefined) throw unknownFlag(command, name);
  return { flag, given };
}

const of = (command: Command): string => (command.words.length === 0 ? '' : ` of "${title(command)}"`);

function unknownFlag(command: Command, name: string): UsageError {
  const meant = nearest(
    name,
    command.flags.flatMap((flag) => [flag.name, kebab(flag.name)]),
  );
  const hint = meant === undefined ? '' : `; did you mean -${meant}?`;
  return new UsageError(`-${name} is not a flag${of(command)}${hint}`);
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
  if (flag.kind === 'number' && value === '')
    throw new UsageError(`-${flag.name} takes a whole number, not ""`);
  if (flag.kind !== 'boolean') return value;
  const truth = TRUTH[value.toLowerCase()];
  if (truth === undefined) throw new UsageError(`-${flag.name} is true or false, not "${value}"`);
  return truth;
}

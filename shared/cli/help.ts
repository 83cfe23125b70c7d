/** Prints what commands and flags there are. */
import type { Command } from './command.ts';
import { type Flag, kebab } from './flag.ts';
import { commandsBelow, findCommand } from './parse.ts';

/** Of the command that the words name, or of all whose words begin so; of the program when there are none. */
export function helpText(program: string, commands: readonly Command[], words: readonly string[]): string {
  const command = findCommand(commands, words);
  if (command !== undefined) return commandHelp(program, command);
  const below = commandsBelow(commands, words);
  return listHelp(program, below.length === 0 ? commands : below);
}

function commandHelp(program: string, command: Command): string {
  const flags = command.flags.map((flag) => flagHelp(flag)).join('');
  const usage = [program, ...command.words, ...(command.flags.length > 0 ? ['[flags]'] : [])].join(' ');
  return `Usage: ${usage}\n\n${command.summary}\n${flags === '' ? '' : `\nFlags:\n${flags}`}`;
}

function flagHelp(flag: Flag): string {
  const plain = kebab(flag.name);
  const names = [...(flag.short === undefined ? [] : [`-${flag.short}`]), `-${flag.name}`];
  const spellings = [...names, ...(plain === flag.name ? [] : [`--${plain}`])].join(', ');
  const more = [
    ...(flag.kind === 'list' ? ['may be repeated'] : []),
    ...(flag.otherwise === undefined || flag.otherwise === '' ? [] : [`default ${flag.otherwise}`]),
  ];
  return `  ${spellings}\n      ${flag.doc}${more.length === 0 ? '' : ` (${more.join('; ')})`}\n`;
}

function listHelp(program: string, commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.words.join(' ').length));
  const lines = commands.map((command) => `  ${command.words.join(' ').padEnd(width)}  ${command.summary}\n`);
  return `Usage: ${program} COMMAND [flags]\n\n${lines.join('')}\n'${program} COMMAND -h' lists the flags of a command.\n`;
}

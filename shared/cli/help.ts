/** Prints what commands and flags there are. */
import type { Command } from './command.ts';
import { type Flag, kebab } from './flag.ts';

export function commandHelp(program: string, command: Command): string {
  const flags = command.flags.map((flag) => flagHelp(flag)).join('');
  const usage = `Usage: ${program} ${command.words.join(' ')}${command.flags.length > 0 ? ' [flags]' : ''}\n`;
  return `${usage}\n${command.summary}\n${flags === '' ? '' : `\nFlags:\n${flags}`}`;
}

function flagHelp(flag: Flag): string {
  const plain = kebab(flag.name);
  const spellings = plain === flag.name ? `-${flag.name}` : `-${flag.name}, --${plain}`;
  const more = [
    ...(flag.kind === 'list' ? ['may be repeated'] : []),
    ...(flag.otherwise === undefined || flag.otherwise === '' ? [] : [`default ${flag.otherwise}`]),
  ];
  return `  ${spellings}\n      ${flag.doc}${more.length === 0 ? '' : ` (${more.join('; ')})`}\n`;
}

export function programHelp(program: string, commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.words.join(' ').length));
  const lines = commands.map((command) => `  ${command.words.join(' ').padEnd(width)}  ${command.summary}\n`);
  return `Usage: ${program} COMMAND [flags]\n\n${lines.join('')}\n'${program} COMMAND -h' lists the flags of a command.\n`;
}

/** Runs one command line: finds the command, prints help and errors, and gives the exit code. Called by main files. */
import { messageOf } from '../errors.ts';
import type { Command, Terminal } from './command.ts';
import { UsageError } from './flag.ts';
import { commandHelp, programHelp } from './help.ts';
import { findCommand, parseArguments, type Parsed } from './parse.ts';

export interface Program {
  /** As the user typed it: `writ server` or `spire-server`. */
  readonly name: string;
  readonly commands: readonly Command[];
}

const HELP = ['-h', '-help', '--help', 'help'];

/** Resolves with the exit code; never rejects. */
export async function runProgram(
  program: Program,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (args.some((arg) => HELP.includes(arg))) return help(program, args, terminal);
  if (args.length === 0 && findCommand(program.commands, []) === undefined)
    return help(program, args, terminal);
  let parsed: Parsed;
  try {
    parsed = parseArguments(program.commands, args);
  } catch (error) {
    return complain(program, messageOf(error), terminal);
  }
  try {
    const run = await parsed.command.load();
    return await run(parsed.flags, terminal);
  } catch (error) {
    return fail(parsed, error, terminal);
  }
}

function help(program: Program, args: readonly string[], terminal: Terminal): number {
  const words = args.filter((arg) => !arg.startsWith('-') && arg !== 'help');
  const command = findCommand(program.commands, words);
  terminal.out(
    command === undefined ? programHelp(program.name, program.commands) : commandHelp(program.name, command),
  );
  return args.length === 0 ? 1 : 0;
}

function complain(program: Program, message: string, terminal: Terminal): number {
  terminal.err(`Error: ${message}\nTry '${program.name} help'.\n`);
  return 1;
}

function fail({ flags }: Parsed, error: unknown, terminal: Terminal): number {
  const message = messageOf(error);
  if (flags.text('output') === 'json' && !(error instanceof UsageError)) {
    terminal.out(`${JSON.stringify({ error: message })}\n`);
  } else {
    terminal.err(`Error: ${message}\n`);
  }
  return 1;
}

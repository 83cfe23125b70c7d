/** Runs one command line: finds the command, prints help and errors, and gives the exit code. Called by main files. */
import { messageOf } from '../errors.ts';
import { VERSION } from '../version.ts';
import { type Command, ReaderGone, type Terminal } from './command.ts';
import type { Flags } from './flag.ts';
import { helpText } from './help.ts';
import { type Asked, findCommand, NoSuchCommand, parseArguments } from './parse.ts';

const NO_SUCH_COMMAND = 127; // as with SPIRE, and in a shell

/** Resolves with the exit code; never rejects. */
export async function runProgram(
  commands: readonly Command[],
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const { program } = terminal;
  let asked: Asked;
  try {
    asked = parseArguments(commands, args);
  } catch (error) {
    if (args.length === 0) terminal.err(helpText(program, commands, []));
    else terminal.err(`Error: ${messageOf(error)}\nTry '${helpFor(program, commands, args)}'.\n`);
    return error instanceof NoSuchCommand ? NO_SUCH_COMMAND : 1;
  }
  if (asked.kind === 'run') return run(asked, terminal);
  return printed(asked.kind === 'help' ? helpText(program, commands, asked.words) : `${VERSION}\n`, terminal);
}

function helpFor(program: string, commands: readonly Command[], args: readonly string[]): string {
  const words = findCommand(commands, args)?.words ?? [];
  return words.length === 0 ? `${program} help` : `${program} ${words.join(' ')} -h`;
}

type Run = Extract<Asked, { kind: 'run' }>;

async function run({ command, flags }: Run, terminal: Terminal): Promise<number> {
  try {
    const deed = await command.load();
    return await deed(flags, terminal);
  } catch (error) {
    return error instanceof ReaderGone ? 0 : fail(error, flags, terminal);
  }
}

function printed(text: string, terminal: Terminal): number {
  try {
    terminal.out(text);
    return 0;
  } catch (error) {
    return error instanceof ReaderGone ? 0 : fail(error, undefined, terminal);
  }
}

/** In JSON as well where that was asked for: people see why, and a program that reads the output does too. */
function fail(error: unknown, flags: Flags | undefined, terminal: Terminal): number {
  const message = messageOf(error);
  terminal.err(`Error: ${message}\n`);
  if (flags?.text('output') === 'json') printed(`${JSON.stringify({ error: message })}\n`, terminal);
  return 1;
}

/** A terminal that remembers what was printed. */
import type { Command, Terminal } from '../../shared/cli/command.ts';
import { runProgram } from '../../shared/cli/main.ts';

export interface Program {
  /** As the user typed it: `writ server` or `spire-server`. */
  readonly name: string;
  readonly commands: readonly Command[];
}

export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Typed {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Hears of everything that is printed, at once. */
  readonly onPrint?: (text: string) => void;
}

/** Runs one command line of a program in this process. */
export async function type(program: Program, args: readonly string[], typed: Typed = {}): Promise<Printed> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    program: program.name,
    out: (text) => {
      out += text;
      typed.onPrint?.(text);
    },
    err: (text) => {
      err += text;
      typed.onPrint?.(text);
    },
    environment: typed.environment ?? {},
    readInput: async () => typed.input ?? '',
  };
  const code = await runProgram(program.commands, args, terminal);
  return { code, out, err };
}

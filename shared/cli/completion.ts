/** `completion bash|zsh|fish`: a script that completes commands, flags and values, from the tables. Used by both programs. */
import type { Command } from './command.ts';
import type { Shell } from './completion-script.ts';

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** The commands themselves, and one for each shell. `writ completion` prints the scripts of both halves. */
export function withCompletion(commands: readonly Command[]): readonly Command[] {
  const all: Command[] = [...commands];
  for (const shell of SHELLS)
    all.push({
      words: ['completion', shell],
      summary: `print a script that completes commands and flags in ${shell}`,
      flags: [],
      load: async () => {
        const { completionScript } = await import('./completion-script.ts');
        return async (_flags, terminal) => {
          terminal.out(completionScript(shell, terminal.program, all));
          return 0;
        };
      },
    });
  return all;
}

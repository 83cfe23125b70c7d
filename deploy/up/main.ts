/** The program `writ up`. */
import { runProgram } from '../../shared/cli/main.ts';
import { openTerminal } from '../../shared/cli/terminal.ts';
import { upFlags } from './options.ts';

const command = {
  words: [],
  summary: 'Starts a server, an agent and two services on this machine, for trying Writ out.',
  flags: upFlags,
  load: async () => (await import('./up.ts')).up,
};

process.exitCode = await runProgram([command], process.argv.slice(2), openTerminal('writ up'));

/** The program `writ server`, also `spire-server`. */
import { runProgram } from '../shared/cli/main.ts';
import { terminal } from '../shared/cli/terminal.ts';
import { serverCommands } from './cli/commands.ts';

process.exitCode = await runProgram(
  { name: 'writ server', commands: serverCommands },
  process.argv.slice(2),
  terminal,
);

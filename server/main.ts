/** The program `writ server`, also `spire-server`. */
import { runProgram } from '../shared/cli/main.ts';
import { openTerminal } from '../shared/cli/terminal.ts';
import { serverCommands } from './cli/commands.ts';

process.exitCode = await runProgram(serverCommands, process.argv.slice(2), openTerminal('writ server'));

/** The program `writ agent`, also `spire-agent`. */
import { runProgram } from '../shared/cli/main.ts';
import { openTerminal } from '../shared/cli/terminal.ts';
import { agentCommands } from './cli/commands.ts';

process.exitCode = await runProgram(agentCommands, process.argv.slice(2), openTerminal('writ agent'));

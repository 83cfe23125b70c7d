/** The program `writ agent`, also `spire-agent`. */
import { runProgram } from '../shared/cli/main.ts';
import { terminal } from '../shared/cli/terminal.ts';
import { agentCommands } from './cli/commands.ts';

process.exitCode = await runProgram(
  { name: 'writ agent', commands: agentCommands },
  process.argv.slice(2),
  terminal,
);

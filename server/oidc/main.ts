/** The program `oidc-discovery-provider`; `writ server oidc` is the same. */
import { runProgram } from '../../shared/cli/main.ts';
import { openTerminal } from '../../shared/cli/terminal.ts';
import { oidcCommands } from '../cli/oidc-commands.ts';

process.exitCode = await runProgram(
  oidcCommands([]),
  process.argv.slice(2),
  openTerminal('oidc-discovery-provider'),
);

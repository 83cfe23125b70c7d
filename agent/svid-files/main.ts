/** The program `spiffe-helper`; `writ agent helper` is the same. */
import { runProgram } from '../../shared/cli/main.ts';
import { openTerminal } from '../../shared/cli/terminal.ts';
import { helperCommands } from '../cli/svid-files-commands.ts';

process.exitCode = await runProgram(helperCommands([]), process.argv.slice(2), openTerminal('spiffe-helper'));

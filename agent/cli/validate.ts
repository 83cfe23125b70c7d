/** `validate`: the checks of `run`, and nothing else. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { loadConfig } from './load-config.ts';

export const validate: RunCommand = async (flags, terminal) => {
  loadConfig(flags, terminal);
  terminal.out('SPIRE agent configuration file is valid.\n');
  return 0;
};

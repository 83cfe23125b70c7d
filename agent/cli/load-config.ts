/** Reads the configuration as `run` and `validate` both do. */
import type { Terminal } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { readConfigFile } from '../../shared/config/read-file.ts';
import { loadAgentConfig, type AgentConfig } from '../config.ts';
import { configOverrides } from './run-flags.ts';

/** Throws with every fault of the file and the flags; prints warnings. */
export function loadConfig(flags: Flags, terminal: Terminal): AgentConfig {
  const path = flags.text('config');
  const { config, warnings } = loadAgentConfig({
    path,
    text: readConfigFile(path),
    expandEnv: flags.is('expandEnv'),
    environment: terminal.environment,
    flags: configOverrides(flags),
  });
  for (const warning of warnings) terminal.err(`Warning: ${warning}\n`);
  return config;
}

/** Reads the agent's configuration, as `run` and `validate` both do. */
import type { Terminal } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { loadConfigFile } from '../../shared/cli/load-config.ts';
import { loadAgentConfig, type AgentConfig } from '../config.ts';
import { agentFlags } from '../config/agent-flags.ts';

/** Throws with every fault of the file and the flags; prints warnings. */
export const loadConfig = (flags: Flags, terminal: Terminal): AgentConfig =>
  loadConfigFile({ above: agentFlags, load: loadAgentConfig }, flags, terminal);

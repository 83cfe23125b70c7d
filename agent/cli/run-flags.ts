/** Flags of `run`, `validate` and what else reads the configuration. */
import { configFlags } from '../../shared/cli/config-flags.ts';
import type { Flag } from '../../shared/cli/flag.ts';
import { agentFlags } from '../config/agent-flags.ts';

export const DEFAULT_CONFIG = 'conf/agent/agent.conf'; // SPIRE's

export const runFlags: readonly Flag[] = configFlags(DEFAULT_CONFIG, agentFlags);

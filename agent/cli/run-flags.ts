/** Flags of `run` and `validate`: where the configuration is, and what stands above it. */
import type { Flag, Flags } from '../../shared/cli/flag.ts';
import { type AgentFlags, agentFlags } from '../config/agent-flags.ts';

export const DEFAULT_CONFIG = 'conf/agent/agent.conf'; // SPIRE's

export const runFlags: readonly Flag[] = [
  { name: 'config', kind: 'text', doc: 'configuration file, HCL or JSON', otherwise: DEFAULT_CONFIG },
  { name: 'expandEnv', kind: 'boolean', doc: 'replace $VAR and ${VAR} in the configuration file' },
  ...agentFlags.map(
    ({ name, doc, takesValue }) => ({ name, doc, kind: takesValue ? 'text' : 'boolean' }) as const,
  ),
];

/** The ones that were given. */
export const configOverrides = (flags: Flags): AgentFlags =>
  Object.fromEntries(
    agentFlags.filter(({ name }) => flags.has(name)).map(({ name }) => [name, flags.text(name)]),
  );

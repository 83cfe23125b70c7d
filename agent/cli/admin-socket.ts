/** The agent's admin socket as commands find it. */
import { existsSync } from 'node:fs';
import type { Terminal } from '../../shared/cli/command.ts';
import { type Flag, type Flags, UsageError } from '../../shared/cli/flag.ts';
import { DEFAULT_CONFIG } from './run-flags.ts';

const VARIABLE = 'WRIT_AGENT_ADMIN_SOCKET';

export const adminSocketFlags: readonly Flag[] = [
  { name: 'adminSocketPath', kind: 'text', doc: `the agent's admin socket; also ${VARIABLE}`, isPath: true },
  {
    name: 'config',
    kind: 'text',
    doc: "the agent's configuration file, which tells where its admin socket is",
    otherwise: DEFAULT_CONFIG,
    isPath: true,
  },
  { name: 'expandEnv', kind: 'boolean', doc: 'replace $VAR and ${VAR} in the configuration file' },
];

/** The flag, else the environment, else what the agent's configuration says; throws when there is none of them. */
export async function adminSocketPath(flags: Flags, terminal: Terminal): Promise<string> {
  const named = flags.text('adminSocketPath') || terminal.environment[VARIABLE];
  if (named) return named;
  if (!flags.has('config') && !existsSync(DEFAULT_CONFIG)) {
    throw new UsageError(
      `where is the agent's admin socket? Give its configuration file with -config, or the socket with -adminSocketPath or ${VARIABLE}; unless the file has admin_socket_path, it is admin.sock in data_dir`,
    );
  }
  const { loadConfig } = await import('./load-config.ts');
  const quiet = { ...terminal, err: () => {} }; // warnings about the file are for who runs the agent
  return loadConfig(flags, quiet).adminSocketPath;
}

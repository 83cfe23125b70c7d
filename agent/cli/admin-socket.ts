/** The agent's admin socket as commands find it. */
import { existsSync } from 'node:fs';
import type { Terminal } from '../../shared/cli/command.ts';
import { type Flag, type Flags, UsageError } from '../../shared/cli/flag.ts';
import { outputFlag } from '../../shared/cli/output.ts';
import { timeoutFlag } from '../../shared/cli/timeout-flag.ts';
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

/** For commands that speak to that socket alone, as SPIRE's: `-socketPath` is the admin socket. */
export const adminOnlyFlags: readonly Flag[] = [
  { name: 'socketPath', kind: 'text', doc: "the agent's admin socket, as -adminSocketPath", isPath: true },
  ...adminSocketFlags,
  timeoutFlag('5s'),
  outputFlag,
];

const SPIRES = '/tmp/spire-agent/private/admin.sock';

/** As `adminSocketPath`, but where nothing says where it is, it is where SPIRE's is. */
export async function adminOnlySocketPath(flags: Flags, terminal: Terminal): Promise<string> {
  if (flags.has('socketPath')) return flags.text('socketPath');
  const isUnsaid = !named(flags, terminal) && !flags.has('config') && !existsSync(DEFAULT_CONFIG);
  return isUnsaid ? SPIRES : adminSocketPath(flags, terminal);
}

const named = (flags: Flags, { environment }: Terminal): string | undefined =>
  flags.text('adminSocketPath') || environment[VARIABLE];

/** The flag, else the environment, else what the agent's configuration says; throws when there is none of them. */
export async function adminSocketPath(flags: Flags, terminal: Terminal): Promise<string> {
  const path = named(flags, terminal);
  if (path) return path;
  if (!flags.has('config') && !existsSync(DEFAULT_CONFIG)) {
    throw new UsageError(
      `where is the agent's admin socket? Give its configuration file with -config, or the socket with -adminSocketPath or ${VARIABLE}; unless the file has admin_socket_path, it is admin.sock in data_dir`,
    );
  }
  const { loadConfig } = await import('./load-config.ts');
  const quiet = { ...terminal, err: () => {} }; // warnings about the file are for who runs the agent
  return loadConfig(flags, quiet).adminSocketPath;
}

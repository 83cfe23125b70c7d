/** Reads the server's configuration, as `run` and `validate` both do. */
import type { Terminal } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { loadConfigFile } from '../../shared/cli/load-config.ts';
import { loadServerConfig, type ServerConfig } from '../config.ts';
import { serverFlags } from '../config/server-flags.ts';

/** Throws with every fault of the file and the flags; prints warnings. */
export const loadConfig = (flags: Flags, terminal: Terminal): ServerConfig =>
  loadConfigFile({ above: serverFlags, load: loadServerConfig }, flags, terminal);

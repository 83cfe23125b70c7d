/** Reads the server's configuration, as `run` and `validate` both do. */
import type { Terminal } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { type ConfigKind, loadConfigFile, readConfig } from '../../shared/cli/load-config.ts';
import type { Loaded } from '../../shared/config/load.ts';
import { loadServerConfig, type ServerConfig } from '../config.ts';
import { serverFlags } from '../config/server-flags.ts';

const KIND: ConfigKind<ServerConfig> = { above: serverFlags, load: loadServerConfig };

/** Throws with every fault of the file and the flags; prints warnings. */
export const loadConfig = (flags: Flags, terminal: Terminal): ServerConfig =>
  loadConfigFile(KIND, flags, terminal);

/** With what is needed to see later what has changed. Throws as loadConfig does. */
export const readServerConfig = (flags: Flags, terminal: Terminal): Loaded<ServerConfig> =>
  readConfig(KIND, flags, terminal);

/** Reads the configuration file that a command is given. Used by `run`, `validate` and others of both programs. */
import type { ConfigFlag } from '../config/flags.ts';
import type { ConfigText, Loaded } from '../config/load.ts';
import { readConfigFile } from '../config/read-file.ts';
import type { Terminal } from './command.ts';
import type { Flags } from './flag.ts';

export interface ConfigKind<T> {
  /** The flags that stand above the file. */
  readonly above: readonly ConfigFlag[];
  readonly load: (input: ConfigText & { readonly flags: Readonly<Record<string, string>> }) => Loaded<T>;
}

/** Throws with every fault of the file and the flags. */
export function readConfig<T>({ above, load }: ConfigKind<T>, flags: Flags, terminal: Terminal): Loaded<T> {
  const path = flags.text('config');
  const given = above.filter(({ name }) => flags.has(name));
  return load({
    path,
    text: readConfigFile(path),
    expandEnv: flags.is('expandEnv'),
    environment: terminal.environment,
    flags: Object.fromEntries(given.map(({ name }) => [name, flags.text(name)])),
  });
}

/** Throws as readConfig does; prints warnings. */
export function loadConfigFile<T>(kind: ConfigKind<T>, flags: Flags, terminal: Terminal): T {
  const { config, warnings } = readConfig(kind, flags, terminal);
  for (const warning of warnings) terminal.err(`Warning: ${warning}\n`);
  return config;
}

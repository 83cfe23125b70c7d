/** The server's flags that stand above its file. A table alone: the command line lists it without loading the configuration. */
import type { ConfigFlag, FlagValues } from '../../shared/config/flags.ts';
import { logFlags } from '../../shared/config/log-flags.ts';

/** Flags of `server run` and `server validate` that stand above the file. */
export const serverFlags = [
  { name: 'trustDomain', key: 'trust_domain', takesValue: true, doc: 'trust domain of this server' },
  { name: 'bindAddress', key: 'bind_address', takesValue: true, doc: 'address to listen on for agents' },
  { name: 'serverPort', key: 'bind_port', takesValue: true, doc: 'port to listen on for agents' },
  {
    name: 'socketPath',
    key: 'socket_path',
    takesValue: true,
    doc: "the admin API's Unix socket",
    isPath: true,
  },
  {
    name: 'dataDir',
    key: 'data_dir',
    takesValue: true,
    doc: 'directory for what the server keeps on disk',
    isPath: true,
  },
  ...logFlags,
] as const satisfies readonly ConfigFlag[];

export type ServerFlags = FlagValues<(typeof serverFlags)[number]['name']>;

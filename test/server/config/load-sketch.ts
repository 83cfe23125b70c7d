/** For tests of the server's configuration: a file is what a test adds to a small valid one. */
import type { ServerFlags } from '../../../server/config/server-flags.ts';
import { loadServerConfig } from '../../../server/config.ts';

interface Parts {
  readonly server?: string;
  readonly plugins?: string;
  readonly rest?: string;
  readonly flags?: ServerFlags;
}

export const MEMORY = 'KeyManager "memory" {}';

/** A small valid file with something added to its parts. */
export const load = ({ server = '', plugins = MEMORY, rest = '', flags = {} }: Parts) =>
  loadServerConfig({
    path: 'server.conf',
    text: `server { trust_domain = "example.org" data_dir = "/data"\n${server}\n}\nplugins {\n${plugins}\n}\n${rest}`,
    flags,
  });

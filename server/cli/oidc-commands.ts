/** The commands of the OIDC discovery provider: `writ server oidc`, or `oidc-discovery-provider` without those words. */
import type { Command } from '../../shared/cli/command.ts';
import { configFlags } from '../../shared/cli/config-flags.ts';

const DEFAULT_CONFIG = 'oidc-discovery-provider.conf'; // SPIRE's
const flags = configFlags(DEFAULT_CONFIG, []);

export const oidcCommands = (words: readonly string[]): readonly Command[] => [
  {
    words,
    summary: 'run the OIDC discovery provider: keys of JWT-SVIDs for relying parties of OIDC',
    flags,
    load: async () => (await import('./oidc.ts')).oidc,
  },
  {
    words: [...words, 'validate'],
    summary: "check the OIDC discovery provider's configuration file",
    flags,
    load: async () => (await import('./oidc.ts')).oidcValidate,
  },
];

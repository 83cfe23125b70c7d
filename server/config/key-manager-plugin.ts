/** `KeyManager "memory" | "disk"` of the server. */
import { path } from '../../shared/config/kinds.ts';
import { type PluginSpec, required } from '../../shared/config/shape.ts';

export type KeyManagerConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'disk'; readonly keysPath: string };

export const keyManagerPlugins: PluginSpec<KeyManagerConfig> = {
  count: 'exactly-one',
  doc: "keeps the CA's keys; exactly one",
  kinds: {
    memory: {
      doc: 'keys are lost with the process: each start makes a new CA',
      shape: () => ({ kind: 'memory' }),
    },
    disk: {
      doc: 'keys in a file',
      shape: (block) => ({
        kind: 'disk',
        keysPath: block.field('keys_path', required(path, 'the file, made when it is not there')),
      }),
    },
  },
  notYet: ['aws_kms', 'gcp_kms', 'azure_key_vault', 'hashicorp_vault'],
  ifNotYet: 'refuse',
};

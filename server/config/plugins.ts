/** The `plugins {}` of server.conf. Called by server/config. */
import { NODE_ATTESTORS_NOT_YET } from '../../shared/config/node-attestor-names.ts';
import type { PluginSpec, Shape } from '../../shared/config/shape.ts';
import { type CredentialComposerName, credentialComposerPlugins } from './credential-composer-plugin.ts';
import { type DataStoreChoice, datastorePlugins } from './datastore-plugin.ts';
import { type KeyManagerConfig, keyManagerPlugins } from './key-manager-plugin.ts';
import { type UpstreamAuthorityConfig, upstreamAuthorityPlugins } from './upstream-authority-plugin.ts';

export interface ServerPlugins {
  readonly datastore: DataStoreChoice;
  readonly keyManager: KeyManagerConfig;
  readonly nodeAttestors: { readonly joinToken: true };
  readonly upstreamAuthority: UpstreamAuthorityConfig | undefined;
  readonly credentialComposers: readonly CredentialComposerName[];
}

export const serverPlugins: Shape<ServerPlugins> = (block) => {
  const [datastore] = block.plugins('DataStore', datastorePlugins);
  const [keyManager] = block.plugins('KeyManager', keyManagerPlugins);
  const [upstreamAuthority] = block.plugins('UpstreamAuthority', upstreamAuthorityPlugins);
  const composers = block.plugins('CredentialComposer', credentialComposerPlugins);
  for (const [type, spec] of otherPlugins) block.plugins(type, spec);
  return {
    datastore: datastore?.value ?? { kind: 'managed' },
    keyManager: keyManager?.value ?? { kind: 'memory' },
    nodeAttestors: { joinToken: true },
    upstreamAuthority: upstreamAuthority?.value,
    credentialComposers: composers.map(({ value }) => value),
  };
};

const nothing = (doc: string): { readonly doc: string; readonly shape: Shape<undefined> } => ({
  doc,
  shape: () => undefined,
});

const otherPlugins: readonly (readonly [string, PluginSpec<undefined>])[] = [
  [
    'NodeAttestor',
    {
      count: 'any',
      doc: 'how agents prove what they run on; join tokens are always taken, with or without this block',
      kinds: { join_token: nothing('a token made by `token generate`, good for one attestation') },
      notYet: NODE_ATTESTORS_NOT_YET,
      ifNotYet: 'refuse',
    },
  ],
  [
    'BundlePublisher',
    {
      count: 'any',
      doc: 'writes the bundle somewhere else',
      kinds: {},
      notYet: ['aws_rolesanywhere_trustanchor', 'aws_s3', 'azure_blob', 'gcp_cloudstorage', 'k8s_configmap'],
      ifNotYet: 'warn',
    },
  ],
  [
    'Notifier',
    {
      count: 'any',
      doc: 'tells others of a new bundle',
      kinds: {},
      notYet: ['gcs_bundle', 'k8sbundle'],
      ifNotYet: 'warn',
    },
  ],
];

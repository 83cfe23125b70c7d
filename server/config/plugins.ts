/** The `plugins {}` of server.conf. Called by server/config. */
import type { PluginSpec, Shape } from '../../shared/config/shape.ts';
import { type CredentialComposerName, credentialComposerPlugins } from './credential-composer-plugin.ts';
import { type DataStoreChoice, datastorePlugins } from './datastore-plugin.ts';
import { type KeyManagerConfig, keyManagerPlugins } from './key-manager-plugin.ts';
import { type NodeAttestorConfig, nodeAttestorPlugins } from './node-attestor-plugin.ts';
import { type UpstreamAuthorityConfig, upstreamAuthorityPlugins } from './upstream-authority-plugin.ts';

export interface ServerPlugins {
  readonly datastore: DataStoreChoice;
  readonly keyManager: KeyManagerConfig;
  /** Join tokens are taken with or without being among them. */
  readonly nodeAttestors: readonly NodeAttestorConfig[];
  readonly upstreamAuthority: UpstreamAuthorityConfig | undefined;
  readonly credentialComposers: readonly CredentialComposerName[];
}

export const serverPlugins: Shape<ServerPlugins> = (block) => {
  const [datastore] = block.plugins('DataStore', datastorePlugins);
  const [keyManager] = block.plugins('KeyManager', keyManagerPlugins);
  const [upstreamAuthority] = block.plugins('UpstreamAuthority', upstreamAuthorityPlugins);
  const attestors = block.plugins('NodeAttestor', nodeAttestorPlugins);
  const composers = block.plugins('CredentialComposer', credentialComposerPlugins);
  for (const [type, spec] of otherPlugins) block.plugins(type, spec);
  return {
    datastore: datastore?.value ?? { kind: 'managed' },
    keyManager: keyManager?.value ?? { kind: 'memory' },
    nodeAttestors: attestors.map(({ value }) => value),
    upstreamAuthority: upstreamAuthority?.value,
    credentialComposers: composers.map(({ value }) => value),
  };
};

const otherPlugins: readonly (readonly [string, PluginSpec<undefined>])[] = [
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

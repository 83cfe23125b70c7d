/** `UpstreamAuthority "disk"` of the server. */
import { path } from '../../shared/config/kinds.ts';
import { optional, type PluginSpec, required } from '../../shared/config/shape.ts';

export interface UpstreamAuthorityConfig {
  readonly kind: 'disk';
  readonly certFilePath: string;
  readonly keyFilePath: string;
  readonly bundleFilePath: string | undefined;
}

export const upstreamAuthorityPlugins: PluginSpec<UpstreamAuthorityConfig> = {
  count: 'at-most-one',
  doc: "a CA above ours: it signs our CA's certificates, and its roots are in our bundle. Counts from the next rotation on, or from `localauthority x509 prepare` and `activate`",
  kinds: {
    disk: {
      doc: 'a CA whose certificate and key are in files, read anew at every rotation',
      shape: (block) => ({
        kind: 'disk',
        certFilePath: block.field(
          'cert_file_path',
          required(path, 'PEM of its certificate, then of those between it and a root'),
        ),
        keyFilePath: block.field(
          'key_file_path',
          required(path, 'PEM of its private key, for the eyes of the server alone'),
        ),
        bundleFilePath: block.field(
          'bundle_file_path',
          optional(path, 'PEM of its roots; needed unless its certificate is self-signed'),
        ),
      }),
    },
  },
  notYet: ['aws_pca', 'awssecret', 'cert-manager', 'ejbca', 'gcp_cas', 'spire', 'vault'],
  ifNotYet: 'refuse',
};

/** The node attestor of the agent: `NodeAttestor "…"`. */
import { path } from '../../shared/config/kinds.ts';
import { NODE_ATTESTORS_NOT_YET } from '../../shared/config/node-attestor-names.ts';
import { optional, type PluginSpec, required } from '../../shared/config/shape.ts';

export interface X509PopConfig {
  readonly kind: 'x509pop';
  readonly privateKeyPath: string;
  readonly certificatePath: string;
  readonly intermediatesPath: string | undefined;
}

export type NodeAttestorConfig = { readonly kind: 'join_token' } | X509PopConfig;

export const nodeAttestorPlugins: PluginSpec<NodeAttestorConfig> = {
  count: 'at-most-one',
  doc: 'how the agent proves what it runs on; a join token needs no block, and goes before one where both are given',
  kinds: {
    join_token: {
      doc: 'the token of `join_token` or `join_token_file`',
      shape: () => ({ kind: 'join_token' }),
    },
    x509pop: {
      doc: 'a certificate and its key, read anew at each attestation',
      shape: (block) => ({
        kind: 'x509pop',
        privateKeyPath: block.field(
          'private_key_path',
          required(path, 'PEM of the private key (PKCS #8, PKCS #1 or SEC 1); RSA, P-256, P-384 or P-521'),
        ),
        certificatePath: block.field(
          'certificate_path',
          required(
            path,
            'PEM of the certificate, whose key usage has digitalSignature; intermediates may follow',
          ),
        ),
        intermediatesPath: block.field(
          'intermediates_path',
          optional(path, 'PEM of further intermediates, up to one of the CAs that the server trusts'),
        ),
      }),
    },
  },
  notYet: NODE_ATTESTORS_NOT_YET,
  ifNotYet: 'refuse',
};

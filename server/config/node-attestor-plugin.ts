/** The node attestors of the server: `NodeAttestor "…"`. */
import { NODE_ATTESTORS_NOT_YET } from '../../shared/config/node-attestor-names.ts';
import type { PluginSpec } from '../../shared/config/shape.ts';
import { type HttpChallengeConfig, httpChallengeShape } from './http-challenge-plugin.ts';
import { type X509PopConfig, x509popShape } from './x509pop-plugin.ts';

export type NodeAttestorConfig =
  | { readonly kind: 'join_token' }
  | ({ readonly kind: 'x509pop' } & X509PopConfig)
  | ({ readonly kind: 'http_challenge' } & HttpChallengeConfig);

export const nodeAttestorPlugins: PluginSpec<NodeAttestorConfig> = {
  count: 'any',
  doc: 'how agents prove what they run on; join tokens are always taken, with or without this block',
  kinds: {
    join_token: {
      doc: 'a token made by `token generate`, good for one attestation',
      shape: () => ({ kind: 'join_token' }),
    },
    x509pop: {
      doc: 'a certificate that the node had before, whose key it shows that it has; as often as it likes',
      shape: (block) => ({ kind: 'x509pop', ...x509popShape(block) }),
    },
    http_challenge: {
      doc: 'an HTTP server under the name of a host; see deploy/http-challenge.md for what it proves',
      shape: (block) => ({ kind: 'http_challenge', ...httpChallengeShape(block) }),
    },
  },
  notYet: NODE_ATTESTORS_NOT_YET,
  ifNotYet: 'refuse',
};

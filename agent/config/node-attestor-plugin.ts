/** The node attestor of the agent: `NodeAttestor "…"`. */
import { integer, parsed, path, port, text } from '../../shared/config/kinds.ts';
import { NODE_ATTESTORS_NOT_YET } from '../../shared/config/node-attestor-names.ts';
import { defaulting, optional, type PluginSpec, required } from '../../shared/config/shape.ts';
import { isAgentName } from '../../shared/http-challenge.ts';

export interface X509PopConfig {
  readonly kind: 'x509pop';
  readonly privateKeyPath: string;
  readonly certificatePath: string;
  readonly intermediatesPath: string | undefined;
}

export interface HttpChallengeConfig {
  readonly kind: 'http_challenge';
  /** Undefined: the machine's. */
  readonly hostname: string | undefined;
  readonly agentName: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Undefined: the one that is listened on. */
  readonly advertisedPort: number | undefined;
}

export type NodeAttestorConfig = { readonly kind: 'join_token' } | X509PopConfig | HttpChallengeConfig;

const agentName = parsed('agent name', 'default', (value) => {
  if (isAgentName(value)) return value;
  throw new Error('must be a letter, then letters, digits, - and _, 32 characters at most');
});

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
    http_challenge: {
      doc: "an HTTP server under this host's name, while the node attests",
      shape: (block) => ({
        kind: 'http_challenge',
        hostname: block.field('hostname', optional(text, "the host's name; default the machine's own")),
        agentName: block.field(
          'agentname',
          defaulting(agentName, 'default', {
            doc: 'part of the path that is served, where a proxy stands before several agents',
          }),
        ),
        port: block.field(
          'port',
          defaulting(integer(0, 65_535), 0, { doc: 'the port to listen on; 0: any that is free' }),
        ),
        advertisedPort: block.field(
          'advertised_port',
          optional(
            port,
            'the port that the server is told, where a proxy stands before the agent; default `port`',
          ),
        ),
      }),
    },
  },
  notYet: NODE_ATTESTORS_NOT_YET,
  ifNotYet: 'refuse',
};

/** Where the keys come from: exactly one of a server's admin socket, the Workload API, and a file. */
import { duration, parsed, path, socketPath, trustDomain } from '../../../shared/config/kinds.ts';
import { type Block, defaulting, type Kind, required, type Shape } from '../../../shared/config/shape.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';

export type SourceConfig = (
  | { readonly kind: 'server-api'; readonly socketPath: string }
  | { readonly kind: 'workload-api'; readonly socketPath: string; readonly trustDomain: TrustDomain }
  | { readonly kind: 'file'; readonly path: string }
) & { readonly pollIntervalSeconds: number };

export const sourceFields: Shape<SourceConfig> = (block) => {
  const given = SOURCES.flatMap(({ key, doc, shape }) =>
    block.isGiven(key) ? [{ key, config: block.block(key, doc, shape) }] : [],
  );
  const [source, other] = given;
  if (source === undefined) block.fault(`one of ${LISTED} must be given`);
  if (source !== undefined && other !== undefined)
    block.fault(`${source.key} and ${other.key} are mutually exclusive`, other.key);
  return source?.config ?? NOTHING;
};

const NOTHING: SourceConfig = { kind: 'file', path: '', pollIntervalSeconds: 1 };

const pollInterval = (block: Block): number =>
  block.field(
    'poll_interval',
    defaulting(duration(0.1), 10, { doc: 'how often the keys are asked for', shown: '10s' }),
  );

/** gRPC's name for a Unix socket, `unix:path` or `unix:///path`. */
const unixAddress: Kind<string> = parsed('address', '', (value) => {
  const found = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(value)?.[1];
  if (found === undefined) throw new Error('must name a Unix socket, as "unix:///path/api.sock" does');
  let fault: string | undefined;
  const at = { source: '', line: 0, column: 0 };
  const kept = socketPath.read({ kind: 'string', at, value: found }, (_at, predicate) => {
    fault = predicate;
  });
  if (fault !== undefined) throw new Error(fault);
  return kept;
});

/** Windows alone has them. */
const namedPipe = (block: Block): void =>
  block.block('experimental', 'keys that SPIRE calls experimental', (inner) =>
    inner.withoutEffect('named_pipe_name', 'Windows only'),
  );

const SOURCES: readonly {
  readonly key: string;
  readonly doc: string;
  readonly shape: Shape<SourceConfig>;
}[] = [
  {
    key: 'server_api',
    doc: "keys from a server's admin socket",
    shape: (block) => {
      namedPipe(block);
      return {
        kind: 'server-api',
        socketPath: block.field(
          'address',
          required(unixAddress, 'the socket, such as `unix:///tmp/spire-server/private/api.sock`'),
        ),
        pollIntervalSeconds: pollInterval(block),
      };
    },
  },
  {
    key: 'workload_api',
    doc: 'keys from the Workload API, which serves them to whoever has an identity',
    shape: (block) => {
      namedPipe(block);
      return {
        kind: 'workload-api',
        socketPath: block.field('socket_path', required(socketPath, "the agent's socket")),
        trustDomain: block.field(
          'trust_domain',
          required(trustDomain, 'the trust domain whose keys they are'),
        ),
        pollIntervalSeconds: pollInterval(block),
      };
    },
  },
  {
    key: 'file',
    doc: 'keys from a SPIFFE bundle, as `bundle show -format spiffe` prints it, or a JWK Set',
    shape: (block) => ({
      kind: 'file',
      path: block.field('path', required(path, 'the file')),
      pollIntervalSeconds: pollInterval(block),
    }),
  },
];

const LISTED = 'server_api, workload_api and file';
